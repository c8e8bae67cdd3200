// SPDX-License-Identifier: Apache-2.0
/// \file
/// The factor of the block-diagonal part B = G ∘ [same group] of a Gram matrix, on the host (docs/math.md, (18)).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "backend/backend.hpp"

namespace eigenlens {

/// Block by block: rows of `index` name the coordinates; L_B = blockdiag(L_g) with L_g of size_g × rank_g, whose
/// leading rank_g rows are lower triangular.
struct CpuBlocks final : Blocks {
  std::int64_t directions = 0;            ///< n_B = Σ rank_g
  std::vector<std::int64_t> index;        ///< Σ size_g: coordinate of each row, independent ones of a block first
  std::vector<std::int64_t> row_begin;    ///< blocks + 1: first row of each block in `index`
  std::vector<std::int64_t> rank_begin;   ///< blocks + 1: first independent direction of each block
  std::vector<std::int64_t> value_begin;  ///< blocks + 1: first value of each L_g
  std::vector<double> values;             ///< every L_g, column-major, leading dimension size_g

  [[nodiscard]] std::int64_t rank() const override { return directions; }
};

/// Every block by dpstrf, on `threads` threads. Coordinates that depend linearly on others of their block (duplicate
/// pixels) get rows of L_g but no direction: the whole patch is hidden at once, so the dependence survives the mask.
/// g is D × D, of which the lower triangle is read. Cost: Σ size_g³/3 flops, Σ size_g² doubles.
CpuBlocks factor_on_host(const Matrix& g, std::span<const std::int32_t> groups, double tolerance, int threads);

}  // namespace eigenlens
