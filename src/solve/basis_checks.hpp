// SPDX-License-Identifier: Apache-2.0
/// \file
/// Is a basis right? Both checks go back to G and B themselves, so that they see every error on the way, and cost
/// O(D²s) by a random sketch of s columns instead of O(D³) (docs/math.md, section 5). One basis a lane.
#pragma once

#include <span>
#include <vector>

#include "pretext/strength.hpp"
#include "solve/family.hpp"

namespace eigenlens {

/// max_k ‖G²v_k − μ_k(aG + bB)v_k‖ / (‖G²‖‖v_k‖), where ‖u‖ is estimated by ‖Ωᵀu‖/√s, by (27) and (28); `sketched` is
/// Vᵀ[G²Ω, GΩ, BΩ, Ω], R × 4s, mu of R.
std::vector<double> sketched_residuals(Problem& problem, std::span<const Strength> strengths, const Weights& mu,
                                       std::span<const Matrix> sketched);

/// How far a basis is from orthonormal, and how far rounding alone may take it.
struct Orthogonality {
  double defect = 0;  ///< ‖Vᵀ(aG + bB)V − I‖_F by (29), estimated by its product with s random columns
  double limit = 0;   ///< 1e-6 + 10 ε‖aG + bB‖‖V‖_F², at most 0.1, by (34): beyond it the basis is wrong
};

/// V = L_B^{-T} U diag(w) Z, w of R, Z of R × R; no z: Z = I. Takes the workspace's scratch.
std::vector<Orthogonality> sketched_orthogonality(Problem& problem, const Family& family,
                                                  std::span<const Strength> strengths, const Weights& w,
                                                  std::span<const Matrix> z);

}  // namespace eigenlens
