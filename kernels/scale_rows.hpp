// SPDX-License-Identifier: Apache-2.0
/// \file
/// diag(w)A and A·diag(w).
#pragma once

#include <cstdint>

#include "kernels/host_device.hpp"
#include "kernels/launch.hpp"

namespace eigenlens::kernels {

/// Entry (i, j) of diag(w)A, A of `rows` rows.
EIGENLENS_HOST_DEVICE inline double row_scaled(const double* a, const double* w, std::int64_t rows, std::int64_t i,
                                               std::int64_t j) {
  return w[i] * a[i + j * rows];
}

/// Entry (i, j) of A·diag(w); without w, of A.
EIGENLENS_HOST_DEVICE inline double column_scaled(const double* a, const double* w, std::int64_t rows, std::int64_t i,
                                                  std::int64_t j) {
  return w ? a[i + j * rows] * w[j] : a[i + j * rows];
}

/// X ← diag(w)A, rows × cols; X may be A.
Status scale_rows(std::int64_t rows, std::int64_t cols, const double* a, const double* w, double* x, Stream stream);

/// X ← A·diag(w), rows × cols; w may be null: ones. X may be A.
Status scale_columns(std::int64_t rows, std::int64_t cols, const double* a, const double* w, double* x, Stream stream);

}  // namespace eigenlens::kernels
