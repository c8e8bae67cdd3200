// SPDX-License-Identifier: Apache-2.0
/// \file
/// Where the first value is that is NaN or infinite: samples in device memory are looked at before they are added.
#pragma once

#include <cstdint>

#include "kernels/host_device.hpp"
#include "kernels/launch.hpp"

namespace eigenlens::kernels {

/// What first_not_finite leaves where every value is finite.
inline constexpr unsigned long long all_finite = ~0ULL;

/// x − x is 0 for finite numbers and NaN for all others.
template <class Real>
EIGENLENS_HOST_DEVICE inline bool is_finite(Real x) {
  return x - x == 0;
}

/// *first ← the smallest i in [0, count) with x_i not finite, if it is smaller than what is there. Set it to all_finite
/// before. count ≥ 1.
Status first_not_finite(const float* x, std::int64_t count, unsigned long long* first, Stream stream);
Status first_not_finite(const double* x, std::int64_t count, unsigned long long* first, Stream stream);

}  // namespace eigenlens::kernels
