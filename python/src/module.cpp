// SPDX-License-Identifier: Apache-2.0
// The extension `_core`: the C interface (eigenlens.h) and nothing that it lacks. Handles are classes, codes
// exceptions; the GIL is released while the library works. What a person meets is in eigenlens/*.py.
#include <nanobind/nanobind.h>

#include "bindings.hpp"

NB_MODULE(_core, module) {
  using namespace eigenlens::python;
  module.doc() = "The C interface of eigenlens: handles as classes, codes as exceptions.";
  bind_devices(module);
  bind_datasets(module);
  bind_moments(module);
  bind_results(module);
  bind_operations(module);
  bind_pretexts(module);
}
