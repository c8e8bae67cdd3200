// SPDX-License-Identifier: Apache-2.0
// The extension `_core`: the C interface, and nothing that it lacks.
#include <nanobind/nanobind.h>

#include "eigenlens/eigenlens.h"

NB_MODULE(_core, m) { m.attr("INTERFACE") = EIGENLENS_INTERFACE; }
