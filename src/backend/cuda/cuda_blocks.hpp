// SPDX-License-Identifier: Apache-2.0
/// \file
/// The factor of the block-diagonal part B = G ∘ [same group] of a Gram matrix, on the device (docs/math.md, (18)).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "backend/backend.hpp"
#include "backend/cuda/context.hpp"
#include "kernels/small_blocks.hpp"

namespace eigenlens::cuda {

/// One block and where its parts are.
struct BlockShape {
  std::int64_t row = 0;    ///< first of its `size` coordinates in CudaBlocks::index
  std::int64_t value = 0;  ///< first of its size² values in CudaBlocks::l
  std::int64_t size = 0;
  std::int64_t rank = 0;
  std::int64_t direction = 0;  ///< first of its `rank` independent directions
};

/// Small blocks are worked on in bundles, by one launch; large ones by a library call each.
struct CudaBlocks final : Blocks {
  std::int64_t dimension = 0;          ///< D
  std::int64_t directions = 0;         ///< n_B = Σ rank_g
  Array<std::int64_t> index;           ///< Σ size_g: coordinate of each row, independent ones of a block first
  Array<double> l;                     ///< every L_g, size_g × rank_g of size_g × size_g, leading dimension size_g
  Array<std::int64_t> independent;     ///< n_B: the coordinate of every direction
  Array<kernels::BundledBlock> small;  ///< of rank 1 or more
  Array<kernels::Bundle> bundles;      ///< of `small`
  std::vector<BlockShape> large;       ///< of rank 1 or more

  [[nodiscard]] std::int64_t rank() const override { return directions; }
};

/// Small blocks by our own kernel with complete pivoting. Large ones by cuSOLVER's potrf if that shows them to be far
/// from losing rank; else by the same kernel, one multiprocessor a block, or where that would take long by a launch a
/// column on all of them. g: D × D, of which the lower triangle is read. Waits for the ranks. Σ size_g³/3 flops;
/// 8·Σ size_g² bytes.
std::shared_ptr<const CudaBlocks> factor_blocks(Context& context, const Matrix& g, std::span<const std::int32_t> groups,
                                                double tolerance);

}  // namespace eigenlens::cuda
