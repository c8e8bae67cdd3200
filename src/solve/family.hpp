// SPDX-License-Identifier: Apache-2.0
/// \file
/// What all strengths of one noise structure share: one decomposition of (G, B) for every ρ (docs/math.md, section 4).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "backend/backend.hpp"
#include "eigenlens/sweep.hpp"
#include "solve/block_factor.hpp"
#include "solve/centre.hpp"

namespace eigenlens {

/// Columns of the random sketch by which residual and orthogonality are estimated.
inline constexpr std::int64_t sketch_columns = 32;

/// Room that is allocated once and used by every family: D × D each.
struct Workspace {
  Matrix basis;                 ///< U of the family in hand
  Matrix kernel;                ///< E
  Matrix factor;                ///< Q, in accurate mode
  std::vector<Matrix> scratch;  ///< one a lane
  std::vector<Matrix> vectors;  ///< one a lane
};

/// The data set as every family sees it.
struct Problem {
  Backend& backend;
  const Centring& centring;
  SolveMode mode;
  Matrix g;               ///< D × D
  DenseF64 m;             ///< D × C
  DenseF64 omega;         ///< D × s, standard normal, fixed seed
  DenseF64 g_omega;       ///< GΩ
  DenseF64 gg_omega;      ///< G²Ω
  std::int64_t rank = 0;  ///< R, set by principal_family
  double largest = 0;     ///< λ₁, set by principal_family
  Workspace workspace;

  Problem(Backend& backend, const Centring& centring, SolveMode mode, int lanes);
};

/// G = QΘQᵀ and B = QQᵀ with Q = L_B U.
struct Family {
  GroupMembers members;       ///< empty: B = I
  BlockFactor blocks;         ///< of B; unused where B = I
  std::vector<double> theta;  ///< R, descending
  Matrix u;                   ///< n_B × R, in the workspace
  Matrix e;                   ///< R × R: Θ(QᵀQ)Θ, in the workspace; unused where B = I: there it is Θ²
  Matrix q;                   ///< D × R, in the workspace; valid during the strengths in accurate mode alone
  DenseF64 projected;         ///< R × (C + 4s): Uᵀ L_B⁻¹ [M, G²Ω, GΩ, BΩ, Ω]
  std::string routine;

  [[nodiscard]] bool isotropic() const { return members.empty(); }
};

/// B = I: the principal components, and the rank. Throws Error(numerical) if the eigensolver failed.
Family principal_family(Problem& problem);

/// B = G ∘ [same group]. principal_family comes first. The family before it loses its matrices.
Family masked_family(Problem& problem, GroupMembers members);

}  // namespace eigenlens
