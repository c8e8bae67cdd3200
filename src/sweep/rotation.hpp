// SPDX-License-Identifier: Apache-2.0
/// \file
/// How far a noise turns the leading subspaces away from those of the principal components, (65) to (69) of
/// docs/math.md. Everything here writes to the first lane of the workspace's scratch and vectors, and to nothing else.
#pragma once

#include <cstdint>
#include <vector>

#include "solve/family.hpp"
#include "solve/strengths.hpp"
#include "sweep/corner_energies.hpp"

namespace eigenlens {

/// The angles of one basis of r ≤ R features.
struct Angles {
  std::vector<double> sum_sin2;  ///< r: (66)
  std::vector<double> max_sin;   ///< (67), at every k that was asked for and is not above r
};

/// k ascending, in [1, R]. 4R²D flops, 9 min(K, R − K)³ for each K. Throws Error(numerical) if an eigensolver failed.
Angles angles_of(Problem& problem, const SolvedBasis& basis, const std::vector<std::int64_t>& k);

/// B in the coordinates of the principal components, its Schur complement on them where B has directions that G has
/// not: (68). 4R²D flops.
CornerEnergies structure_energies(Problem& problem, const Family& family);

}  // namespace eigenlens
