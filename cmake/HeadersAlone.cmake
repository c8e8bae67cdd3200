# SPDX-License-Identifier: Apache-2.0
# Every public header compiles alone, included twice: one source file a header, made here and compiled with the tests.
file(GLOB public_headers CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/include
  ${PROJECT_SOURCE_DIR}/include/eigenlens/*.hpp ${PROJECT_SOURCE_DIR}/include/eigenlens/*.h)
set(header_sources)
foreach(header ${public_headers})
  string(MAKE_C_IDENTIFIER ${header} name)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/headers/${name}.cpp)
  file(CONFIGURE OUTPUT ${source} CONTENT "#include \"${header}\"\n#include \"${header}\"\n")
  list(APPEND header_sources ${source})
endforeach()
add_library(eigenlens_headers_alone OBJECT ${header_sources})
target_link_libraries(eigenlens_headers_alone PRIVATE eigenlens eigenlens_warnings)
