// SPDX-License-Identifier: Apache-2.0
// X_g ← L_g⁻¹W_g, L_g W_g or L_g^{-T}W_g for thousands of blocks: a CUDA block of 128 threads a bundle of blocks, with
// their L packed in shared memory, and tiles of 32 columns, a thread a block and column. Bytes moved: W and X once, L
// once for every few tiles. The batched triangular solves of cuBLAS want blocks of one size and rank in memory of their
// own.
#include "kernels/launch_grid.cuh"
#include "kernels/small_blocks.hpp"

namespace eigenlens::kernels {
namespace {

constexpr int threads = 128, tile_columns = 32;
constexpr std::int64_t packed_most = bundle_rows * (bundle_rows + 1) / 2;
/// CUDA blocks that fill any device several times over.
constexpr std::int64_t enough_blocks = 4096;

struct Tile {
  double values[tile_columns][bundle_rows + 1];
};

__device__ void load_factors(const BundledBlock* blocks, std::int64_t count, const double* l, double* packed_l) {
  for (std::int64_t b = 0; b < count; ++b) {
    const BundledBlock block = blocks[b];
    for (int e = static_cast<int>(threadIdx.x); e < block.size * block.rank; e += threads) {
      const int i = e % block.size, k = e / block.size;
      if (k <= i) packed_l[block.packed_start + packed(i, k)] = l[block.value + e];
    }
  }
}

/// Rows of W and X for every row of the bundle; −1: none.
__device__ void load_rows(BlockWork work, const BundledBlock* blocks, std::int64_t count, const std::int64_t* index,
                          std::int64_t* from, std::int64_t* to) {
  for (int row = static_cast<int>(threadIdx.x); row < bundle_rows; row += threads) from[row] = to[row] = -1;
  __syncthreads();
  for (std::int64_t b = threadIdx.x; b < count; b += threads) {
    const BundledBlock block = blocks[b];
    for (int i = 0; i < block.size; ++i) {
      const std::int64_t direction = i < block.rank ? block.direction + i : -1;
      const std::int64_t coordinate = index == nullptr ? direction : index[block.row + i];
      from[block.start + i] = work != BlockWork::solve || i >= block.rank ? direction : coordinate;
      to[block.start + i] = work == BlockWork::solve                        ? direction
                            : work == BlockWork::multiply || i < block.rank ? coordinate
                                                                            : -1;
    }
  }
  __syncthreads();
}

__global__ void work_on_bundles(BlockWork work, const BundledBlock* all, const Bundle* bundles, std::int64_t count,
                                BlockOperands operands) {
  __shared__ double packed_l[packed_most];
  __shared__ Tile tile;
  __shared__ std::int64_t from[bundle_rows];
  __shared__ std::int64_t to[bundle_rows];
  const int thread = static_cast<int>(threadIdx.x);
  for (std::int64_t at = blockIdx.x; at < count; at += gridDim.x) {
    const Bundle bundle = bundles[at];
    const BundledBlock* blocks = all + bundle.first;
    load_factors(blocks, bundle.count, operands.l, packed_l);
    load_rows(work, blocks, bundle.count, operands.index, from, to);
    for (std::int64_t column0 = static_cast<std::int64_t>(blockIdx.y) * tile_columns; column0 < operands.columns;
         column0 += static_cast<std::int64_t>(gridDim.y) * tile_columns) {
      const std::int64_t columns = min(static_cast<std::int64_t>(tile_columns), operands.columns - column0);
      for (std::int64_t e = thread; e < columns * bundle_rows; e += threads) {
        const std::int64_t row = e % bundle_rows, j = e / bundle_rows;
        if (from[row] >= 0) tile.values[j][row] = operands.w[from[row] + (column0 + j) * operands.ldw];
      }
      __syncthreads();
      for (std::int64_t e = thread; e < bundle.count * tile_columns; e += threads) {
        const BundledBlock block = blocks[e / tile_columns];
        if (e % tile_columns < columns)
          work_on_column(work, packed_l + block.packed_start, block.size, block.rank,
                         tile.values[e % tile_columns] + block.start);
      }
      __syncthreads();
      for (std::int64_t e = thread; e < columns * bundle_rows; e += threads) {
        const std::int64_t row = e % bundle_rows, j = e / bundle_rows;
        if (to[row] >= 0) operands.x[to[row] + (column0 + j) * operands.ldx] = tile.values[j][row];
      }
      __syncthreads();
    }
    __syncthreads();
  }
}

}  // namespace

Status work_on_small_blocks(BlockWork work, const BundledBlock* blocks, const Bundle* bundles, std::int64_t count,
                            const BlockOperands& operands, Stream stream) {
  const std::int64_t tiles = (operands.columns + tile_columns - 1) / tile_columns;
  const std::int64_t along_y = (enough_blocks + count - 1) / count;
  return launch(stream, dim3(blocks_x(count, 1), blocks_y(along_y < tiles ? along_y : tiles)), threads, work_on_bundles,
                work, blocks, bundles, count, operands);
}

}  // namespace eigenlens::kernels
