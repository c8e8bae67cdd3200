// SPDX-License-Identifier: Apache-2.0
/// \file
/// Small eigenvalues of H = KᵀK from K itself, where the eigensolver knows them to ε‖H‖ alone (docs/math.md, (32)).
#pragma once

#include <span>
#include <vector>

#include "pretext/strength.hpp"
#include "solve/family.hpp"

namespace eigenlens {

/// Eigenvalues above this share of the largest stay as they are. A solver that is accurate to ε‖H‖ gives them, and the
/// subspace that their vectors span, to eight digits and more; what is left spans few enough decades for the second
/// solver: CIFAR-10, pixel masks, ratio 0.99, all K: 1e-4 off the curve without refinement, 2e-10 with it at 1e-8,
/// 3e-13 at 1e-7 (with more columns to refine), 3e-10 at 1e-9.
inline constexpr double refined_below = 1e-8;

/// Rayleigh–Ritz on the span of the trailing columns of Z, with K = QΘ(aΘ + b)^{-½}, for every lane whose status says
/// Accuracy::absolute. mu stays descending and is not negative, Z stays orthonormal to rounding; status.routine says
/// how many columns were refined. Takes the workspace's scratch and tail; nothing happens where the family holds no Q.
/// A second solver that fails makes the lane's status its own. For n₂ columns: 2DRn₂ + Dn₂² + 9n₂³ + 2Rn₂² flops.
void refine_tails(Problem& problem, const Family& family, std::span<const Strength> strengths, std::span<Matrix> z,
                  Weights& mu, std::span<SolveStatus> status);

}  // namespace eigenlens
