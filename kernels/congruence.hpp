// SPDX-License-Identifier: Apache-2.0
/// \file
/// diag(w)·E·diag(w) of a symmetric matrix: (22) of docs/math.md.
#pragma once

#include <cstdint>

#include "kernels/host_device.hpp"
#include "kernels/launch.hpp"

namespace eigenlens::kernels {

/// Entry (i, j), E of order n; without w, of E. The product of the weights comes first, so that every compiler gives
/// the same bits.
EIGENLENS_HOST_DEVICE inline double congruent(const double* e, const double* w, std::int64_t n, std::int64_t i,
                                              std::int64_t j) {
  return w ? e[i + j * n] * (w[i] * w[j]) : e[i + j * n];
}

/// The lower triangle of H (n × n) ← that of diag(w)·E·diag(w); w may be null: ones. What lies above is not touched.
Status congruence(std::int64_t n, const double* e, const double* w, double* h, Stream stream);

}  // namespace eigenlens::kernels
