# SPDX-License-Identifier: Apache-2.0
add_library(eigenlens_warnings INTERFACE)
# -Wno-restrict: GCC 12 warns about its own std::string (GCC bug 105329).
target_compile_options(eigenlens_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wcast-align -Woverloaded-virtual
  -Wdouble-promotion -Wformat=2
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
  $<$<BOOL:${EIGENLENS_WERROR}>:-Werror>)
