// SPDX-License-Identifier: Apache-2.0
/// \file
/// The eigenpairs of FᵀF + λΛ by one dense eigenproblem a λ, where C is not much less than R (docs/math.md, (44)).
#pragma once

#include <span>

#include "backend/backend.hpp"
#include "solve/low_rank_update.hpp"

namespace eigenlens {

/// λ in [0, ∞], `spectrum` and F as in LowRankUpdate. About 9R³ flops on the backend, twice R × R of its memory, and
/// 2R³ flops and up to four times R × R on the host. Errors: numerical.
JointBasis solve_dense_update(Backend& backend, std::span<const double> spectrum, const DenseF64& f, double lambda,
                              Eigenvectors wanted);

}  // namespace eigenlens
