// SPDX-License-Identifier: Apache-2.0
/// \file
/// From a solved basis to the curve over every K: prefix sums (docs/math.md, sections 2 and 3).
#pragma once

#include "eigenlens/sweep.hpp"
#include "solve/centre.hpp"
#include "solve/strengths.hpp"

namespace eigenlens {

/// (μ_K − μ_{K+1}) / μ_K for every K, of eigenvalues in descending order; 1 for the last: (31).
std::vector<double> relative_gaps(const std::vector<double>& mu);

/// The explained target energy must not be zero: every alignment would be 0/0.
Curve assemble_curve(const Pretext& pretext, const Strength& strength, const SolvedBasis& basis,
                     const Centring& centring);

}  // namespace eigenlens
