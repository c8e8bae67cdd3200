// SPDX-License-Identifier: Apache-2.0
/// \file
/// Columns in the opposite order: eigenvectors of ascending eigenvalues to those of descending ones.
#pragma once

#include <cstdint>

#include "kernels/host_device.hpp"
#include "kernels/launch.hpp"

namespace eigenlens::kernels {

/// Entry (i, j) of A with its columns in the opposite order, A of rows × cols.
EIGENLENS_HOST_DEVICE inline double column_reversed(const double* a, std::int64_t rows, std::int64_t cols,
                                                    std::int64_t i, std::int64_t j) {
  return a[i + (cols - 1 - j) * rows];
}

/// Z (rows × cols) ← the columns of A from the last to the first; Z is not A.
Status reversed_columns(std::int64_t rows, std::int64_t cols, const double* a, double* z, Stream stream);

}  // namespace eigenlens::kernels
