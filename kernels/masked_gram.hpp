// SPDX-License-Identifier: Apache-2.0
/// \file
/// Entries of aG + bB, the second moment of masked or noisy inputs: (11) and (13) of docs/math.md.
#pragma once

#include <cstdint>

#include "kernels/host_device.hpp"
#include "kernels/launch.hpp"

namespace eigenlens::kernels {

/// B = G within groups; gi and gj are the groups of row and column, negative: in none. One product, so that every
/// compiler gives the same bits.
EIGENLENS_HOST_DEVICE inline double masked_entry(double g, std::int32_t gi, std::int32_t gj, double a, double b) {
  return (gi == gj && gi >= 0 ? a + b : a) * g;
}

/// B = I: row i, column j.
EIGENLENS_HOST_DEVICE inline double noisy_entry(double g, std::int64_t i, std::int64_t j, double a, double b) {
  return i == j ? a * g + b : a * g;
}

/// S ← masked_entry of every entry, both triangles. groups: D, on the device.
Status masked_gram(std::int64_t dimension, const double* g, const std::int32_t* groups, double a, double b, double* s,
                   Stream stream);
/// S ← noisy_entry of every entry, both triangles.
Status noisy_gram(std::int64_t dimension, const double* g, double a, double b, double* s, Stream stream);

}  // namespace eigenlens::kernels
