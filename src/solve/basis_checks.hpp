// SPDX-License-Identifier: Apache-2.0
/// \file
/// Is a basis right? Both checks go back to G and B themselves, so that they see every error on the way, and cost
/// O(D²s) by a random sketch of s columns instead of O(D³) (docs/math.md, section 5). One basis a lane.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "pretext/strength.hpp"
#include "solve/family.hpp"

namespace eigenlens {

/// How far a basis is from orthonormal, and how far rounding alone may take it.
struct Orthogonality {
  double defect = 0;  ///< ‖VᵀSV − I‖_F by (29), estimated by its product with s random columns
  double limit = 0;   ///< 1e-6 + 10 ε‖S‖‖V‖_F², at most 0.1, by (34): beyond it the basis is wrong
};

/// A pencil A₁A₁ᵀv = μSv as it was posed. Every family brings its own (Family::pencil).
class Pencil {
 public:
  virtual ~Pencil() = default;
  /// max_k ‖A₁A₁ᵀv_k − μ_kSv_k‖ / (‖A₁A₁ᵀ‖‖v_k‖), where ‖u‖ is estimated by ‖Ωᵀu‖/√s, by (27) and (28); `sketched` is
  /// Vᵀ of the last 4s columns of Problem::right, R × 4s, mu of R.
  [[nodiscard]] virtual std::vector<double> residuals(Problem& problem, std::span<const Strength> strengths,
                                                      const Weights& mu, std::span<const Matrix> sketched) const = 0;
  /// V = L_B^{-T} U diag(w) Z, w of R, Z of R × R; no z: Z = I. Takes the workspace's scratch.
  [[nodiscard]] virtual std::vector<Orthogonality> orthogonality(Problem& problem, const Family& family,
                                                                 std::span<const Strength> strengths, const Weights& w,
                                                                 std::span<const Matrix> z) const = 0;
};

/// (13): A₁ = G, S = aG + bB, B from the entries of G within groups, or I.
std::shared_ptr<const Pencil> noise_pencil();

}  // namespace eigenlens
