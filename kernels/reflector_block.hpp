// SPDX-License-Identifier: Apache-2.0
/// \file
/// Reflectors of a reduction to tridiagonal form, many at a time: H_1 … H_w = I − V Y Vᵀ with Y⁻¹ = diag(1/τ) +
/// triu(VᵀV, 1), (115) of docs/math.md.
#pragma once

#include <cstdint>

#include "kernels/host_device.hpp"
#include "kernels/launch.hpp"

namespace eigenlens::kernels {

/// Entry (i, j) of V (rows × width) for the reflectors first … first + width − 1 that the reduction of A (n × n) left
/// below its diagonal; row 0 of V is row first + 1 of A. A reflector with τ = 0 is the identity: a column of zeros.
EIGENLENS_HOST_DEVICE inline double reflector_entry(const double* a, const double* tau, std::int64_t n,
                                                    std::int64_t first, std::int64_t i, std::int64_t j) {
  if (i < j || tau[first + j] == 0) return 0;
  return i == j ? 1 : a[first + 1 + i + (first + j) * n];
}

/// V, (n − first − 1) × width. 16 bytes an entry.
Status reflector_block(const double* a, const double* tau, std::int64_t n, std::int64_t first, std::int64_t width,
                       double* v, Stream stream);
/// The diagonal of Y⁻¹ (width × width): 1/τ, or 1 for the identity.
Status reflector_diagonal(const double* tau, std::int64_t first, std::int64_t width, double* inverse, Stream stream);

}  // namespace eigenlens::kernels
