// SPDX-License-Identifier: Apache-2.0
/// \file
/// One standard eigenproblem a strength, several strengths side by side (docs/math.md, sections 2 and 4).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "pretext/strength.hpp"
#include "solve/family.hpp"

namespace eigenlens {

/// The basis v₁ … v_R of one strength, as all that the curves need of it. The v_k solve G²v = μ(aG + bB)v with
/// Vᵀ(aG + bB)V = I; entry k of every vector belongs to v_k.
struct SolvedBasis {
  std::vector<double> mu;           ///< descending, ≥ 0
  std::vector<double> clean_power;  ///< v_kᵀ G v_k
  DenseF64 cross;                   ///< R × C: VᵀM
  DenseF64 whitened_cross;          ///< R × C: T = L⁻¹VᵀM with VᵀGV = LLᵀ (columns of V at unit G-norm)
  std::vector<double> whitened_gram_power;  ///< ‖t_{x,k}‖²: squared row norms of L⁻¹VᵀG
  double residual = 0;
  double orthogonality = 0;
  double orthogonality_limit = 0;  ///< beyond it the basis is wrong: a formula of the condition of S
  std::string routine;
};

/// At most as many strengths as the problem's workspace has lanes. Throws Error(numerical) naming what failed.
std::vector<SolvedBasis> solve_strengths(Problem& problem, const Family& family, std::span<const Strength> strengths);

}  // namespace eigenlens
