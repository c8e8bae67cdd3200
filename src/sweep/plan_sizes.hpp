// SPDX-License-Identifier: Apache-2.0
/// \file
/// What every memory plan counts with.
#pragma once

#include <algorithm>
#include <cstdint>

namespace eigenlens {

/// Samples of an accumulator that wait to be multiplied (src/backend/cpu/gram_u8.hpp).
inline constexpr double stage_bytes = 64 << 20;

/// Products of sizes, which may not fit 64 bits: such a plan fits no budget.
inline std::int64_t bytes_of(double bytes) { return static_cast<std::int64_t>(std::min(bytes, 9e18)); }

/// Moments of d inputs and c classes.
inline double moments_bytes(double d, double c) { return 8 * (d * d + d * c + 4 * d); }

}  // namespace eigenlens
