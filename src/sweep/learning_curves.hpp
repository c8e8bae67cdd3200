// SPDX-License-Identifier: Apache-2.0
/// \file
/// How a linear autoencoder learns its directions one after the other (docs/math.md, (80) to (84)).
#pragma once

#include <cstdint>
#include <vector>

namespace eigenlens {

/// The strengths of all directions over time, t in units in which the first direction is half learned at t = 1.
class LearningCurves {
 public:
  /// eigenvalues: R, descending, positive. initial: the strength of every direction at t = 0, in (0, 1/2).
  LearningCurves(const std::vector<double>& eigenvalues, double initial);

  /// s_k(t): how much of direction k (from 0) passes the autoencoder, (80).
  [[nodiscard]] double strength(std::int64_t k, double t) const;
  /// Σ_k w_k (1 − (1 − s_k(t))²) ÷ Σ_k w_k: what of an energy w, shared out over the directions, is learned at t, (81)
  /// and (82). 0 if there is none. O(R).
  [[nodiscard]] double learned(const std::vector<double>& energy, double t) const;
  /// The first t at which learned() is `share`, 0 to 0.999, by bisection; 0 for an energy of zero.
  [[nodiscard]] double time_to_learn(const std::vector<double>& energy, double share) const;
  /// When direction k is half learned: λ₁/λ_k.
  [[nodiscard]] double half_time(std::int64_t k) const;

 private:
  std::vector<double> rates_;  ///< λ_k/λ₁
  double log_odds_;            ///< ln(1/a₀ − 1)
};

}  // namespace eigenlens
