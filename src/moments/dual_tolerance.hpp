// SPDX-License-Identifier: Apache-2.0
/// \file
/// The rank policy of the dual form, (60) of docs/math.md.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

namespace eigenlens {

/// Eigenvalues of XᵀX at or below this share of the largest are rounding: ε·max(N, D), which is the primal form's
/// where N < D.
inline double dual_rank_tolerance(std::int64_t count, std::int64_t dimension) {
  return std::numeric_limits<double>::epsilon() * static_cast<double>(std::max(count, dimension));
}

}  // namespace eigenlens
