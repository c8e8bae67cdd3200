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
/// Vᵀ(aG + bB)V = I; entry k of every vector belongs to v_k, or to v₁ … v_k where it is a sum.
struct SolvedBasis {
  std::vector<double> mu;                  ///< descending, ≥ 0
  std::vector<double> clean_power;         ///< v_kᵀ G v_k
  std::vector<double> explained;           ///< Σ_{j≤k} ‖t_j‖², T = L⁻¹VᵀM with VᵀGV = LLᵀ: (8)
  std::vector<double> explained_by_sizes;  ///< Σ_{j≤k} Σ_c n_c t_jc²: (9)
  std::vector<double> explained_noisy;     ///< Σ_{j≤k} ‖Mᵀv_j‖²: (14)
  std::vector<double> explained_inputs;    ///< Σ_{j≤k} ‖t_{x,j}‖², squared row norms of L⁻¹VᵀG: (17)
  Matrix targets;                          ///< R × C: T = L⁻¹VᵀM (7); until the next strengths are solved
  Matrix encoder;                          ///< R × D: E = L⁻¹Vᵀ (85), for Outcome::encoders; until then as well
  double residual = 0;
  double orthogonality = 0;
  double orthogonality_limit = 0;  ///< beyond it the basis is wrong: (34) of docs/math.md
  std::string routine;
};

/// At most as many strengths as the problem's workspace has lanes. Throws Error(numerical) naming what failed.
std::vector<SolvedBasis> solve_strengths(Problem& problem, const Family& family, std::span<const Strength> strengths);

}  // namespace eigenlens
