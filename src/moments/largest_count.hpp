// SPDX-License-Identifier: Apache-2.0
/// \file
/// How many samples the exact sums are promised for.
#pragma once

#include <cstdint>

namespace eigenlens {

/// 255² · 10¹⁰ = 6.5·10¹⁴ is far below 2⁶³: exact sums of exact moments, merged or not, cannot overflow.
inline constexpr std::int64_t largest_count = 10'000'000'000;

}  // namespace eigenlens
