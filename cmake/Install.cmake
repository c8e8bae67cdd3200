# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` puts where, by component: runtime (the library, the program, its pages), development (headers,
# the CMake package, pkg-config), cuda (libeigenlens_cuda). Everything finds its like by its own place, so that the whole
# may be moved.
include(CMakePackageConfigHelpers)
set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/eigenlens)

install(TARGETS eigenlens EXPORT eigenlens
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT runtime NAMELINK_COMPONENT development)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/eigenlens DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development)
if(NOT EIGENLENS_PACKAGES)  # which have a file called copyright
  install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT runtime)
endif()

install(EXPORT eigenlens NAMESPACE eigenlens:: FILE eigenlensTargets.cmake DESTINATION ${package_folder} COMPONENT development)
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/eigenlensConfig.cmake.in ${PROJECT_BINARY_DIR}/eigenlensConfig.cmake
  INSTALL_DESTINATION ${package_folder} PATH_VARS CMAKE_INSTALL_LIBDIR NO_CHECK_REQUIRED_COMPONENTS_MACRO)
# Until 1.0.0 a minor version may change the interface.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/eigenlensConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/eigenlensConfig.cmake ${PROJECT_BINARY_DIR}/eigenlensConfigVersion.cmake
  DESTINATION ${package_folder} COMPONENT development)

# pkg-config knows where the .pc file lies (pcfiledir); folders that are not below the prefix stay as they are.
function(eigenlens_from_pc folder result)
  if(IS_ABSOLUTE ${folder})
    set(${result} ${folder} PARENT_SCOPE)
  else()
    set(${result} "\${prefix}/${folder}" PARENT_SCOPE)
  endif()
endfunction()
eigenlens_from_pc(${CMAKE_INSTALL_INCLUDEDIR} pc_include)
eigenlens_from_pc(${CMAKE_INSTALL_LIBDIR} pc_lib)
if(IS_ABSOLUTE ${CMAKE_INSTALL_LIBDIR})
  set(pc_prefix ${CMAKE_INSTALL_PREFIX})
else()
  file(RELATIVE_PATH pc_up /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
  string(REGEX REPLACE "/$" "" pc_up ${pc_up})
  set(pc_prefix "\${pcfiledir}/${pc_up}")
endif()
configure_file(${PROJECT_SOURCE_DIR}/cmake/eigenlens.pc.in ${PROJECT_BINARY_DIR}/eigenlens.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/eigenlens.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)

# The CUDA part finds the libraries of the toolkit that it was built with, as in the build; a package relies on the
# system's loader in place of that (CMAKE_SKIP_INSTALL_RPATH).
if(TARGET eigenlens_cuda)
  set_target_properties(eigenlens_cuda PROPERTIES INSTALL_RPATH "$ORIGIN" INSTALL_RPATH_USE_LINK_PATH ON)
  install(TARGETS eigenlens_cuda LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT cuda)
endif()

if(TARGET eigenlens_cli)
  file(RELATIVE_PATH bin_to_lib /${CMAKE_INSTALL_BINDIR} /${CMAKE_INSTALL_LIBDIR})
  set_target_properties(eigenlens_cli PROPERTIES INSTALL_RPATH "$ORIGIN/${bin_to_lib}")
  install(TARGETS eigenlens_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT runtime)
  set(pages ${PROJECT_BINARY_DIR}/pages)
  install(DIRECTORY ${pages}/man1 DESTINATION ${CMAKE_INSTALL_MANDIR} COMPONENT runtime)
  install(FILES ${pages}/eigenlens DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT runtime)
  install(FILES ${pages}/eigenlens.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d COMPONENT runtime)
  set(zsh_folder site-functions)
  if(EIGENLENS_PACKAGES)  # where Debian's zsh looks for those of packages
    set(zsh_folder vendor-completions)
  endif()
  install(FILES ${pages}/_eigenlens DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/${zsh_folder} COMPONENT runtime)
endif()
