// SPDX-License-Identifier: Apache-2.0
/// \file
/// The tolerances of every test, as formulas: c · n · ε · norms (docs/math.md, last section).
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>

namespace eigenlens::test {

inline constexpr double epsilon = std::numeric_limits<double>::epsilon();
/// c of every bound, until measured tighter.
inline constexpr double safety = 50;

/// ‖AV − SVμ‖ ≤ c n ε (‖A‖ + max|μ|‖S‖)‖V‖
inline double residual_bound(std::int64_t n, double norm_a, double largest_mu, double norm_s, double norm_v) {
  return safety * static_cast<double>(n) * epsilon * (norm_a + largest_mu * norm_s) * norm_v;
}

/// ‖VᵀSV − I‖ ≤ c n ε cond(S)
inline double orthogonality_bound(std::int64_t n, double condition) {
  return safety * static_cast<double>(n) * epsilon * condition;
}

/// A sum or product of n terms of the given size.
inline double rounding_bound(std::int64_t n, double size) { return safety * static_cast<double>(n) * epsilon * size; }

/// Passes if error ≤ bound; a failure prints both and their ratio.
inline ::testing::AssertionResult within(double error, double bound) {
  if (error <= bound) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "error " << error << " exceeds bound " << bound << " by a factor "
                                       << error / bound;
}

}  // namespace eigenlens::test
