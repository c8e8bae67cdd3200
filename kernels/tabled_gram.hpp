// SPDX-License-Identifier: Apache-2.0
/// \file
/// Entries of the second moment of inputs under any masks, or with any noise added: (45) and (46) of docs/math.md.
#pragma once

#include <cstdint>

#include "kernels/host_device.hpp"
#include "kernels/launch.hpp"

namespace eigenlens::kernels {

/// What the table holds; a function of its own each, so that every compiler gives the same bits.
EIGENLENS_HOST_DEVICE inline double factor_entry(double g, double entry) { return g * entry; }
EIGENLENS_HOST_DEVICE inline double addend_entry(double g, double entry) { return g + entry; }

/// S_ij ← G_ij·T_{g(i)g(j)}, both triangles. groups: D, in [0, order); table: order × order; both on the device.
Status multiplied_gram(std::int64_t dimension, const double* g, const std::int32_t* groups, std::int64_t order,
                       const double* table, double* s, Stream stream);
/// S_ij ← G_ij + T_{g(i)g(j)}, both triangles.
Status added_gram(std::int64_t dimension, const double* g, const std::int32_t* groups, std::int64_t order,
                  const double* table, double* s, Stream stream);

}  // namespace eigenlens::kernels
