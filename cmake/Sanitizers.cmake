# SPDX-License-Identifier: Apache-2.0
if(EIGENLENS_SANITIZE)
  add_compile_options(-fsanitize=${EIGENLENS_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${EIGENLENS_SANITIZE})
endif()
