# SPDX-License-Identifier: Apache-2.0
if(EIGENLENS_SANITIZE)
  set(sanitize -fsanitize=${EIGENLENS_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:${sanitize}>")
  add_link_options(-fsanitize=${EIGENLENS_SANITIZE})
endif()
