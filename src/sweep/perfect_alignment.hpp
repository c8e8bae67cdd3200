// SPDX-License-Identifier: Apache-2.0
/// \file
/// Is the optimum of the joint objective the same for every weight? (docs/math.md, (42) and (43))
#pragma once

#include <vector>

#include "eigenlens/frontier.hpp"

namespace eigenlens {

/// Λ (R, descending) and Fᵀ (R × C). O(RC³) flops.
PerfectAlignment perfect_alignment(const std::vector<double>& spectrum, const DenseF64& targets);

}  // namespace eigenlens
