// SPDX-License-Identifier: Apache-2.0
/// \file
/// Entries of the centred Gram matrix, and of the cross moment in the same way: (3) and (4) of docs/math.md.
#pragma once

#include <cstdint>

#include "kernels/host_device.hpp"
#include "kernels/launch.hpp"

namespace eigenlens::kernels {

/// (n·g − si·sj)/n, in 128-bit integers up to the one rounding of the difference.
EIGENLENS_HOST_DEVICE inline double centred_exact(std::int64_t n, std::int64_t g, std::int64_t si, std::int64_t sj) {
  __extension__ typedef __int128 Int128;
  return static_cast<double>(static_cast<Int128>(n) * g - static_cast<Int128>(si) * sj) / static_cast<double>(n);
}

/// g − si·sj/n, for sums of x − shift with a shift close to the mean.
EIGENLENS_HOST_DEVICE inline double centred_float(double n, double g, double si, double sj) {
  return g - si * (sj / n);
}

/// Columns first … first + count − 1 of G (D × D): centred entries over std², rows and columns of constant coordinates
/// zero. gram: those columns of Σxxᵀ, D × count; sums and constant: D. An entry and its mirror image are the same bits.
Status centred_gram(std::int64_t dimension, std::int64_t first, std::int64_t count, std::int64_t samples,
                    const std::int64_t* gram, const std::int64_t* sums, const std::uint8_t* constant, double std,
                    double* g, Stream stream);
/// The same for sums of x − shift.
Status centred_gram(std::int64_t dimension, std::int64_t first, std::int64_t count, std::int64_t samples,
                    const double* gram, const double* sums, const std::uint8_t* constant, double std, double* g,
                    Stream stream);

}  // namespace eigenlens::kernels
