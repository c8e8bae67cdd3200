// SPDX-License-Identifier: Apache-2.0
/// \file
/// Is a basis right? Both checks go back to G and B themselves, so that they see every error on the way, and cost
/// O(D²s) by a random sketch of s columns instead of O(D³) (docs/math.md, section 5).
#pragma once

#include <vector>

#include "pretext/strength.hpp"
#include "solve/family.hpp"

namespace eigenlens {

/// max_k ‖G²v_k − μ_k(aG + bB)v_k‖ / (‖G²‖‖v_k‖), where ‖u‖ is estimated by ‖Ωᵀu‖/√s: `projected` is
/// Vᵀ[M, G²Ω, GΩ, BΩ, Ω], R × (C + 4s).
double sketched_residual(const Problem& problem, const Strength& strength, const std::vector<double>& mu,
                         const DenseF64& projected);

/// ‖Vᵀ(aG + bB)V − I‖_F, estimated by its product with s random columns. V = L_B^{-T} U diag(w) Z; no z: Z = I.
double sketched_orthogonality(Problem& problem, const Family& family, const Strength& strength,
                              const std::vector<double>& w, const Matrix* z);

}  // namespace eigenlens
