// SPDX-License-Identifier: Apache-2.0
/// \file
/// The block-diagonal part B = G ∘ [same group] of a Gram matrix, and its factor (docs/math.md, section 4).
#pragma once

#include <cstdint>
#include <vector>

#include "backend/backend.hpp"
#include "solve/centre.hpp"

namespace eigenlens {

/// The coordinates of each group, constant ones left out (they are zero in G too).
using GroupMembers = std::vector<std::vector<std::int64_t>>;
GroupMembers group_members(const std::vector<std::int32_t>& groups, const Centring& centring);

/// B = L_B L_Bᵀ, every block by a Cholesky with complete pivoting, on `threads` threads of the host. Coordinates that
/// depend linearly on others of their block (duplicate pixels) get rows of L_g but no direction: the whole patch is
/// hidden at once, so the dependence survives the mask. Cost: Σ size_g³/3 flops, Σ size_g² doubles.
BlockFactor factor_blocks(const GroupMembers& members, const Centring& centring, int threads);

/// BX for X of D × m, from the entries of G, not from the factor: checks must not share the factor's errors. 2m Σ
/// size_g² flops.
DenseF64 multiply_blocks(const GroupMembers& members, const Centring& centring, const DenseF64& x, int threads);

}  // namespace eigenlens
