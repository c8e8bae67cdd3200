// SPDX-License-Identifier: Apache-2.0
/// \file
/// Columns of unit length, with weights on the rows first.
#pragma once

#include <cstdint>

#include "kernels/host_device.hpp"
#include "kernels/launch.hpp"

namespace eigenlens::kernels {

/// Row i of diag(w)z; without w, of z.
EIGENLENS_HOST_DEVICE inline double weighted_row(const double* z, const double* w, std::int64_t i) {
  return w ? w[i] * z[i] : z[i];
}

/// An entry of a column of the given norm, divided by it; a column of zeros stays.
EIGENLENS_HOST_DEVICE inline double unit_entry(double x, double norm) { return norm == 0 ? x : x / norm; }

/// The sum of two partial sums of squares.
struct SquaresSum {
  EIGENLENS_HOST_DEVICE double operator()(double a, double b) const { return a + b; }
};

/// Z (rows × cols) ← diag(w)Z, each column divided by its norm, which goes to norms (cols). w may be null: ones.
Status normalize_columns(std::int64_t rows, std::int64_t cols, const double* w, double* z, double* norms,
                         Stream stream);

}  // namespace eigenlens::kernels
