# SPDX-License-Identifier: Apache-2.0
# build/generated/eigenlens/version.hpp: the version, and the git state looked up at every build.
set(EIGENLENS_GENERATED ${CMAKE_CURRENT_BINARY_DIR}/generated)
add_custom_target(eigenlens_version
  COMMAND ${CMAKE_COMMAND} -DSOURCE=${CMAKE_CURRENT_SOURCE_DIR} -DOUT=${EIGENLENS_GENERATED}/eigenlens/version.hpp
          -DVERSION=${PROJECT_VERSION} -P ${CMAKE_CURRENT_LIST_DIR}/WriteVersion.cmake
  BYPRODUCTS ${EIGENLENS_GENERATED}/eigenlens/version.hpp)
