// SPDX-License-Identifier: Apache-2.0
/// \file
/// The largest absolute value in a matrix, or infinity if anything in it is not finite: asked before an eigensolver is
/// trusted with it.
#pragma once

#include <cstdint>
#include <limits>

#include "kernels/host_device.hpp"
#include "kernels/launch.hpp"

namespace eigenlens::kernels {

/// Which entries of a matrix are looked at.
enum class Entries { all, lower };

/// The first row of column j that is looked at.
EIGENLENS_HOST_DEVICE inline std::int64_t first_row(Entries entries, std::int64_t j) {
  return entries == Entries::lower ? j : 0;
}

/// |x|; infinity for what is not a number.
struct Magnitude {
  EIGENLENS_HOST_DEVICE double operator()(double x) const {
    const double size = x > 0 ? x : 0 - x;  // 0 − 0 has no sign
    return size <= largest_finite ? size : infinite;
  }
  static constexpr double largest_finite = std::numeric_limits<double>::max();
  static constexpr double infinite = std::numeric_limits<double>::infinity();
};

/// Neither is NaN.
struct Larger {
  EIGENLENS_HOST_DEVICE double operator()(double a, double b) const { return a < b ? b : a; }
};

/// *largest, on the device and 0 or more, ← max(*largest, max |a_ij|) over `entries` of A, rows × cols; infinite if one
/// is not finite.
Status extent(std::int64_t rows, std::int64_t cols, Entries entries, const double* a, double* largest, Stream stream);

}  // namespace eigenlens::kernels
