// SPDX-License-Identifier: Apache-2.0
/// \file
/// Samples less the shift, in float64: (4) of docs/math.md.
#pragma once

#include <cstdint>

#include "kernels/host_device.hpp"
#include "kernels/launch.hpp"

namespace eigenlens::kernels {

/// x − s, widened first: exact for float32 up to the one rounding of the difference.
template <class Real>
EIGENLENS_HOST_DEVICE inline double shifted_value(Real x, double shift) {
  return static_cast<double>(x) - shift;
}

/// y (D × count) ← x − s, both one column a sample. shift: D.
Status shifted_floats(const float* x, std::int64_t dimension, std::int64_t count, const double* shift, double* y,
                      Stream stream);
Status shifted_floats(const double* x, std::int64_t dimension, std::int64_t count, const double* shift, double* y,
                      Stream stream);

}  // namespace eigenlens::kernels
