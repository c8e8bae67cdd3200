// SPDX-License-Identifier: Apache-2.0
/// \file
/// Is an exact Gram matrix right? G r = Σ x (xᵀ r) for random numbers r, in integers modulo 2⁶⁴: (35) of docs/math.md.
#pragma once

#include <cstdint>

#include "kernels/host_device.hpp"
#include "kernels/launch.hpp"

namespace eigenlens::kernels {

/// Part of x_nᵀ r: coordinates first, first + step, … of sample n of `dimension` bytes.
EIGENLENS_HOST_DEVICE inline std::uint64_t sample_part(const std::uint8_t* x, std::int64_t dimension,
                                                       const std::uint64_t* r, std::int64_t n, std::int64_t first,
                                                       std::int64_t step) {
  std::uint64_t sum = 0;
  for (std::int64_t i = first; i < dimension; i += step) sum += x[n * dimension + i] * r[i];
  return sum;
}

/// Part of Σ_n x_n(i) u_n: samples first … last − 1.
EIGENLENS_HOST_DEVICE inline std::uint64_t coordinate_part(const std::uint8_t* x, std::int64_t dimension,
                                                           const std::uint64_t* u, std::int64_t i, std::int64_t first,
                                                           std::int64_t last) {
  std::uint64_t sum = 0;
  for (std::int64_t n = first; n < last; ++n) sum += x[n * dimension + i] * u[n];
  return sum;
}

/// Part of row i of G r: columns first … last − 1.
EIGENLENS_HOST_DEVICE inline std::uint64_t gram_part(const std::int64_t* gram, std::int64_t dimension,
                                                     const std::uint64_t* r, std::int64_t i, std::int64_t first,
                                                     std::int64_t last) {
  std::uint64_t sum = 0;
  for (std::int64_t j = first; j < last; ++j) sum += static_cast<std::uint64_t>(gram[i + j * dimension]) * r[j];
  return sum;
}

/// sums (D) += Σ_n x_n (x_nᵀ r) over `count` samples. u: room for `count` numbers, which become xᵀ r.
Status add_projections(const std::uint8_t* x, std::int64_t dimension, std::int64_t count, const std::uint64_t* r,
                       std::uint64_t* u, std::uint64_t* sums, Stream stream);

/// sums (D) += G r, G of D × D.
Status add_gram_projection(const std::int64_t* gram, std::int64_t dimension, const std::uint64_t* r,
                           std::uint64_t* sums, Stream stream);

}  // namespace eigenlens::kernels
