// SPDX-License-Identifier: Apache-2.0
/// \file
/// Families in the dual form: from K = XᵀX and T = XᵀB⁺X to the Θ, E and projections that the strengths need, the same
/// as in the primal form (docs/math.md, (55) to (61)).
#pragma once

#include "eigenlens/dual_moments.hpp"
#include "solve/family.hpp"

namespace eigenlens {

/// B = I: the principal components from K, and the rank. Throws Error(numerical) if the eigensolver failed.
Family dual_principal_family(Problem& problem);

/// B = G ∘ [same group] of the structure that `whitened` (N × N) is of; groups of D ids. dual_principal_family comes
/// first. The family before it loses its matrices.
Family dual_masked_family(Problem& problem, const DenseF64& whitened, std::vector<std::int32_t> groups);

}  // namespace eigenlens
