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

/// |a_e| of the e-th entry in memory; infinity for what is not a number, 0 for what is not looked at.
struct Magnitude {
  const double* a;
  std::int64_t rows;
  Entries entries;

  EIGENLENS_HOST_DEVICE double operator()(std::int64_t e) const {
    if (entries == Entries::lower && e % rows < e / rows) return 0;
    const double size = a[e] < 0 ? -a[e] : a[e];
    return size <= largest_finite ? size : infinite;
  }
  static constexpr double largest_finite = std::numeric_limits<double>::max();
  static constexpr double infinite = std::numeric_limits<double>::infinity();
};

/// Neither is NaN.
struct Larger {
  EIGENLENS_HOST_DEVICE double operator()(double a, double b) const { return a < b ? b : a; }
};

/// *largest, on the host, ← max |a_ij| over `entries` of A, rows × cols; infinite if one is not finite, 0 if there is
/// none. Waits for the stream.
Status extent(std::int64_t rows, std::int64_t cols, Entries entries, const double* a, double* largest, Stream stream);

}  // namespace eigenlens::kernels
