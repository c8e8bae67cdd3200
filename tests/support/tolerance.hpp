// SPDX-License-Identifier: Apache-2.0
/// \file
/// The tolerances of every test, as formulas: c · n · ε · norms (docs/math.md, last section).
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

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

/// max |a_i − b_i|; not a number if one is not, infinite if the lengths differ.
inline double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.size() != b.size()) return std::numeric_limits<double>::infinity();
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double difference = std::fabs(a[i] - b[i]);
    if (std::isnan(difference)) return difference;
    largest = std::max(largest, difference);
  }
  return largest;
}

/// Passes if error ≤ bound; a failure prints both and their ratio.
inline ::testing::AssertionResult within(double error, double bound) {
  if (error <= bound) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "error " << error << " exceeds bound " << bound << " by a factor "
                                       << error / bound;
}

}  // namespace eigenlens::test
