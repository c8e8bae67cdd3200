// SPDX-License-Identifier: Apache-2.0
/// \file
/// What module.cpp puts together: a function a section of eigenlens.h.
#pragma once

#include "status.hpp"

namespace eigenlens::python {

void bind_devices(nb::module_& module);
void bind_datasets(nb::module_& module);
void bind_moments(nb::module_& module);
void bind_results(nb::module_& module);
void bind_operations(nb::module_& module);
void bind_pretexts(nb::module_& module);

}  // namespace eigenlens::python
