# SPDX-License-Identifier: Apache-2.0
# Debian packages: `cpack -G DEB` in a build with the preset `packages`. eigenlens has the library and the program,
# libeigenlens-dev what a compiler needs, eigenlens-cuda the plugin. What they depend on is looked up by dpkg-shlibdeps, but
# for what is opened while running: OpenBLAS, and NVIDIA's libraries, which are not Debian's.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME eigenlens)
set(CPACK_PACKAGE_VENDOR "the authors of eigenlens")
set(CPACK_PACKAGE_CONTACT "The authors of eigenlens <eigenlens@example.org>" CACHE STRING "Maintainer of the packages")
set(CPACK_PACKAGE_HOMEPAGE_URL "https://arxiv.org/abs/2402.11337")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_ENABLE_COMPONENT_DEPENDS OFF)
set(CPACK_COMPONENTS_ALL runtime development)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(this_version "= ${PROJECT_VERSION}-1")

set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME eigenlens)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION science)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_DEPENDS "libopenblas0-pthread")
set(CPACK_DEBIAN_RUNTIME_PACKAGE_RECOMMENDS "gnuplot-nox, fonts-dejavu-core")
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SUGGESTS "dataset-fashion-mnist, eigenlens-cuda")
set(CPACK_COMPONENT_RUNTIME_DESCRIPTION "what learning by reconstruction finds in images
 eigenlens reads a labelled data set once, keeps its exact second moments, and
 says how much of a classification task survives in the features that linear
 autoencoders, denoisers and masked autoencoders learn from it: in closed form,
 for every number of features. This package has the program and its library.")

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libeigenlens-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "eigenlens (${this_version})")
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION "what learning by reconstruction finds: files for C and C++
 Headers of libeigenlens, which computes what linear autoencoders learn from
 second moments, its CMake package, and its file for pkg-config.")

if(TARGET eigenlens_cuda)
  list(APPEND CPACK_COMPONENTS_ALL cuda)
  set(CPACK_DEBIAN_CUDA_PACKAGE_NAME eigenlens-cuda)
  set(CPACK_DEBIAN_CUDA_PACKAGE_SECTION contrib/science)
  # dpkg-shlibdeps would ask for NVIDIA's packages, and without them the plugin says what is missing.
  set(CPACK_DEBIAN_CUDA_PACKAGE_DEPENDS "eigenlens (${this_version}), libc6, libstdc++6, libgcc-s1")
  set(v ${CUDAToolkit_VERSION_MAJOR}-${CUDAToolkit_VERSION_MINOR})
  set(CPACK_DEBIAN_CUDA_PACKAGE_RECOMMENDS "libcublas-${v}, libcusolver-${v}, libcusparse-${v}, libnvjitlink-${v}")
  set(CPACK_COMPONENT_CUDA_DESCRIPTION "what learning by reconstruction finds: on NVIDIA GPUs
 A plugin with which eigenlens computes on GPUs of compute capability 8.0 or
 higher. It needs NVIDIA's driver, cuBLAS and cuSOLVER, from NVIDIA's packages.")
endif()

# What every package of Debian has: a copyright and a changelog.
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/packages/changelog CONTENT
"eigenlens (@PROJECT_VERSION@-1) unstable; urgency=medium

  * See CHANGELOG.md of the source.

 -- @CPACK_PACKAGE_CONTACT@  @date@
" @ONLY)
execute_process(COMMAND gzip -9nc ${PROJECT_BINARY_DIR}/packages/changelog
  OUTPUT_FILE ${PROJECT_BINARY_DIR}/packages/changelog.Debian.gz COMMAND_ERROR_IS_FATAL ANY)
file(WRITE ${PROJECT_BINARY_DIR}/packages/copyright
"Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: eigenlens

Files: *
Copyright: 2026 the authors of eigenlens
License: Apache-2.0
 On Debian systems the text of the Apache License, version 2.0, is in
 /usr/share/common-licenses/Apache-2.0.
")
foreach(component IN LISTS CPACK_COMPONENTS_ALL)
  string(TOUPPER ${component} key)
  install(FILES ${PROJECT_BINARY_DIR}/packages/copyright ${PROJECT_BINARY_DIR}/packages/changelog.Debian.gz
    DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${CPACK_DEBIAN_${key}_PACKAGE_NAME} COMPONENT ${component})
endforeach()
file(WRITE ${PROJECT_BINARY_DIR}/packages/triggers "activate-noawait ldconfig\n")
set(CPACK_DEBIAN_RUNTIME_PACKAGE_CONTROL_EXTRA ${PROJECT_BINARY_DIR}/packages/triggers)
set(CPACK_DEBIAN_CUDA_PACKAGE_CONTROL_EXTRA ${PROJECT_BINARY_DIR}/packages/triggers)
# A shared library tells those that are linked to it which package has it, and the loader that it is there.
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
include(CPack)
