# SPDX-License-Identifier: Apache-2.0
add_library(eigenlens_warnings INTERFACE)
target_compile_options(eigenlens_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wcast-align -Woverloaded-virtual
  -Wnull-dereference -Wdouble-promotion -Wformat=2
  $<$<BOOL:${EIGENLENS_WERROR}>:-Werror>)
