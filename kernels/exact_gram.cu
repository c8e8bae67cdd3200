// SPDX-License-Identifier: Apache-2.0
// G_ij += S_ij for i ≥ j, int32 into int64: a thread an entry, 256 rows a block; 10·D² bytes moved.
// G_ij, G_ji ← G_ij + 128 (s_i + s_j) − 128² n: a block of 32 × 8 threads a tile of 32 × 32 of the lower triangle,
// which is written as it is and, through shared memory, mirrored; 12·D² bytes moved. The libraries add no int32 to
// int64.
#include "kernels/exact_gram.hpp"
#include "kernels/launch_grid.cuh"

namespace eigenlens::kernels {
namespace {

constexpr int threads = 256, side = 32, lines = 8;

__global__ void add_lower(const std::int32_t* block, std::int64_t ld, std::int64_t dimension, std::int64_t* gram) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (i >= dimension) return;
  for (std::int64_t j = blockIdx.y; j <= i; j += gridDim.y) gram[i + j * dimension] += block[i + j * ld];
}

struct Unshift {
  std::int64_t n;
  const std::int64_t* sums;
  __device__ std::int64_t operator()(std::int64_t value, std::int64_t i, std::int64_t j) const {
    return unshifted(value, n, sums[i], sums[j]);
  }
};

struct Same {
  __device__ double operator()(double value, std::int64_t, std::int64_t) const { return value; }
};

template <class Scalar, class Change>
__global__ void change_and_mirror(std::int64_t dimension, Scalar* gram, Change change) {
  __shared__ Scalar tile[side][side + 1];  // [column][row]
  const int x = static_cast<int>(threadIdx.x);
  const std::int64_t row0 = static_cast<std::int64_t>(blockIdx.x) * side;
  for (std::int64_t col0 = static_cast<std::int64_t>(blockIdx.y) * side; col0 <= row0;
       col0 += static_cast<std::int64_t>(gridDim.y) * side) {
    for (int y = static_cast<int>(threadIdx.y); y < side; y += lines) {
      const std::int64_t i = row0 + x, j = col0 + y;
      if (i < j || i >= dimension) continue;
      tile[y][x] = change(gram[i + j * dimension], i, j);
      gram[i + j * dimension] = tile[y][x];
    }
    __syncthreads();
    for (int y = static_cast<int>(threadIdx.y); y < side; y += lines) {
      const std::int64_t i = col0 + x, j = row0 + y;
      if (i < j && j < dimension) gram[i + j * dimension] = tile[x][y];
    }
    __syncthreads();
  }
}

template <class Scalar, class Change>
Status launch_mirror(std::int64_t dimension, Scalar* gram, Change change, Stream stream) {
  const std::int64_t tiles = (dimension + side - 1) / side;
  return launch(stream, dim3(blocks_x(tiles, 1), blocks_y(tiles)), dim3(side, lines), change_and_mirror<Scalar, Change>,
                dimension, gram, change);
}

}  // namespace

Status add_int32(const std::int32_t* block, std::int64_t ld, std::int64_t dimension, std::int64_t* gram,
                 Stream stream) {
  return launch(stream, dim3(blocks_x(dimension, threads), blocks_y(dimension)), threads, add_lower, block, ld,
                dimension, gram);
}

Status finish_exact_gram(std::int64_t dimension, std::int64_t n, const std::int64_t* sums, std::int64_t* gram,
                         Stream stream) {
  return launch_mirror(dimension, gram, Unshift{n, sums}, stream);
}

Status mirror_lower(std::int64_t dimension, double* gram, Stream stream) {
  return launch_mirror(dimension, gram, Same{}, stream);
}

}  // namespace eigenlens::kernels
