// SPDX-License-Identifier: Apache-2.0
// Eigenvectors of LDLᵀ: a thread each, entry i of neighbours side by side, then transposed by tiles of 32 × 32 and
// brought to unit length; a block of 256 threads a cluster makes its vectors orthogonal, twice. Bytes moved: 64 an
// entry. The library has no inverse iteration.
#include "kernels/block_tree.cuh"
#include "kernels/launch_grid.cuh"
#include "kernels/twisted_vectors.hpp"

namespace eigenlens::kernels {
namespace {

constexpr int vector_threads = 64;
constexpr int threads = 256;
constexpr int tile = 32, tile_rows = threads / tile;

/// norms: 1/‖z‖ of each; those that are no numbers are counted.
__global__ void vectors_kernel(TridiagonalBatch b, std::int64_t lane, std::int64_t first, std::int64_t count, double* p,
                               double* z, double* norms) {
  const std::int64_t c = static_cast<std::int64_t>(blockIdx.x) * vector_threads + threadIdx.x, n = b.n;
  if (c >= count || b.shifts[lane].top == 0) return;
  const Factored f{n, b.pivots + lane * n, b.ratios + lane * n, b.e + lane * n};
  const double square = twisted_vector(f, b.values[first + c + lane * n], {p + c, count}, {z + c, count});
  norms[c] = 1 / sqrt(square);
  if (!(square <= 1e300)) atomicAdd(b.unresolved + lane, 1);
}

/// z (n × count) ← the transpose of `from` (count × n), column c times norms[c].
__global__ void transpose_kernel(const Shift* shift, std::int64_t n, std::int64_t count, const double* from,
                                 const double* norms, double* z) {
  if (shift->top == 0) return;
  __shared__ double held[tile][tile + 1];
  const int x = static_cast<int>(threadIdx.x) % tile, y = static_cast<int>(threadIdx.x) / tile;
  const std::int64_t c0 = static_cast<std::int64_t>(blockIdx.x) * tile;
  for (std::int64_t i0 = static_cast<std::int64_t>(blockIdx.y) * tile; i0 < n;
       i0 += static_cast<std::int64_t>(gridDim.y) * tile) {
    for (int r = y; r < tile; r += tile_rows)
      if (c0 + x < count && i0 + r < n) held[r][x] = from[c0 + x + (i0 + r) * count];
    __syncthreads();
    for (int r = y; r < tile; r += tile_rows)
      if (c0 + r < count && i0 + x < n) z[i0 + x + (c0 + r) * n] = held[x][r] * norms[c0 + r];
    __syncthreads();
  }
}

/// Takes from z (n, of unit length) what lies along `others` columns before it, and brings it to unit length again.
/// Returns what was left of its length.
__device__ double separate(std::int64_t n, std::int64_t others, double* z, double* room) {
  double left = 1;
  for (int pass = 0; pass < 2; ++pass) {
    for (std::int64_t o = 1; o <= others; ++o) {
      const double* other = z - o * n;
      double product = 0;
      for (std::int64_t i = threadIdx.x; i < n; i += threads) product += z[i] * other[i];
      product = block_tree(product, room, Sum{});
      for (std::int64_t i = threadIdx.x; i < n; i += threads) z[i] -= product * other[i];
    }
    double square = 0;
    for (std::int64_t i = threadIdx.x; i < n; i += threads) square += z[i] * z[i];
    const double norm = sqrt(block_tree(square, room, Sum{}));
    for (std::int64_t i = threadIdx.x; i < n; i += threads) z[i] /= norm;
    left = norm < left ? norm : left;
  }
  return left;
}

__global__ void clusters_kernel(TridiagonalBatch b, std::int64_t lane, double* z) {
  __shared__ double room[threads];
  const std::int64_t n = b.n;
  const double* values = b.values + lane * n;
  if (b.shifts[lane].top == 0) return;  // no factorisation, no vectors
  for (std::int64_t first = blockIdx.x; first < n; first += gridDim.x) {
    if (first > 0 && clustered(n, values[first - 1], values[first])) continue;
    std::int64_t size = 1;
    while (first + size < n && clustered(n, values[first + size - 1], values[first + size])) ++size;
    if (size > largest_cluster) {
      if (threadIdx.x == 0) atomicAdd(b.unresolved + lane, static_cast<int>(size));
      continue;
    }
    for (std::int64_t k = 1; k < size; ++k)
      if (!(separate(n, k, z + (first + k) * n, room) >= least_left) && threadIdx.x == 0)
        atomicAdd(b.unresolved + lane, 1);
  }
}

}  // namespace

Status twisted_vectors(const TridiagonalBatch& batch, std::int64_t lane, std::int64_t first, std::int64_t count,
                       double* room, double* z, Stream stream) {
  const std::int64_t n = batch.n;
  double *p = room, *rows = p + n * count, *norms = rows + n * count;
  const Status status = launch(stream, blocks_x(count, vector_threads), vector_threads, vectors_kernel, batch, lane,
                               first, count, p, rows, norms);
  if (status != cudaSuccess) return status;
  return launch(stream, dim3(blocks_x(count, tile), blocks_y((n + tile - 1) / tile)), threads, transpose_kernel,
                batch.shifts + lane, n, count, rows, norms, z + first * n);
}

Status separate_clusters(const TridiagonalBatch& batch, std::int64_t lane, double* z, Stream stream) {
  return launch(stream, blocks_x(batch.n, 1), threads, clusters_kernel, batch, lane, z);
}

}  // namespace eigenlens::kernels
