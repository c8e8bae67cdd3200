# SPDX-License-Identifier: Apache-2.0
add_library(eigenlens_warnings INTERFACE)
set(warnings -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Wcast-align -Woverloaded-virtual -Wformat=2)
# -Wno-restrict: GCC 12 warns about its own std::string (GCC bug 105329).
target_compile_options(eigenlens_warnings INTERFACE
  "$<$<COMPILE_LANGUAGE:CXX>:${warnings};-Wpedantic;-Wold-style-cast;-Wdouble-promotion>"
  $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-restrict>
  $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<BOOL:${EIGENLENS_WERROR}>>:-Werror>)
# What nvcc hands to the host compiler has its own line markers and casts: -Wpedantic and -Wold-style-cast are about them.
list(JOIN warnings "," warnings_of_host)
target_compile_options(eigenlens_warnings INTERFACE
  $<$<COMPILE_LANGUAGE:CUDA>:-Xcompiler=${warnings_of_host}>
  $<$<AND:$<COMPILE_LANGUAGE:CUDA>,$<BOOL:${EIGENLENS_WERROR}>>:-Werror=all-warnings>)
