// SPDX-License-Identifier: Apache-2.0
/// \file
/// The pencil A₁A₁ᵀv = μSv for any masks and any covariance: one eigenproblem a noise, in the basis of the principal
/// components (docs/math.md, (48) to (54)).
#pragma once

#include "solve/second_moment.hpp"
#include "solve/strengths.hpp"

namespace eigenlens {

/// The basis of one noise; its rank is below R where pixels that vary are never shown. The principal family must still
/// have its matrices; the workspace's scratch, vectors, kernel and factor are taken. Throws Error(numerical) naming
/// what failed. About 25D³ flops; one D × D matrix beside the workspace (none where it has a factor) and L.
SolvedBasis solve_tabled(Problem& problem, const Family& principal, const NoiseTable& noise);

}  // namespace eigenlens
