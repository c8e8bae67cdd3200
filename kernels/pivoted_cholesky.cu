// SPDX-License-Identifier: Apache-2.0
// B_g = L_g L_gᵀ with complete pivoting, one CUDA block of 256 threads a matrix, a thread a row; L in shared memory up
// to 64 × 64, in place beyond. Bytes moved: G's entries of the blocks once and L once, plus size³/6 reads of L in
// cache. The libraries have batched Cholesky factorisations, but none that pivots, and blocks may lack rank.
#include "kernels/block_tree.cuh"
#include "kernels/launch_grid.cuh"
#include "kernels/pivoted_cholesky.hpp"

namespace eigenlens::kernels {
namespace {

constexpr int threads = 256;
/// That clear what lies above a diagonal; the first of them looks at the pivots, too.
constexpr unsigned clearing_blocks = 64;

struct BlockTeam {
  std::int64_t thread;
  std::int64_t threads;
  double* values;
  std::int64_t* indices;

  __device__ void sync() const { __syncthreads(); }
  __device__ std::int64_t index_of_largest(double value, std::int64_t index) const {
    return block_index_of_largest(value, index, values, indices);
  }
};

__global__ void factor(const double* g, std::int64_t dimension, const BlockPlace* places, const std::int64_t* ids,
                       std::int64_t count, double tolerance, std::int64_t* index, double* diagonal, double* l,
                       std::int64_t* ranks) {
  __shared__ double shared_l[small_block * small_block];
  __shared__ double values[threads];
  __shared__ std::int64_t indices[threads];
  const BlockTeam team{threadIdx.x, threads, values, indices};
  for (std::int64_t at = blockIdx.x; at < count; at += gridDim.x) {
    const BlockPlace place = places[ids[at]];
    const bool small = place.size <= small_block;
    const PivotedBlock block{
        g, dimension, index + place.row, diagonal + place.row, small ? shared_l : l + place.value, place.size};
    const std::int64_t rank = pivoted_cholesky(block, tolerance, team);
    __syncthreads();
    if (small)
      for (std::int64_t e = threadIdx.x; e < place.size * rank; e += threads) l[place.value + e] = shared_l[e];
    if (threadIdx.x == 0) ranks[ids[at]] = rank;
    __syncthreads();
  }
}

__global__ void accept(const double* g, std::int64_t dimension, const BlockPlace* places, const std::int64_t* ids,
                       std::int64_t count, const int* infos, double tolerance, const std::int64_t* index, double* l,
                       std::int64_t* ranks) {
  __shared__ double largest[threads];
  __shared__ int refused;
  const int thread = static_cast<int>(threadIdx.x);
  for (std::int64_t at = blockIdx.x; at < count; at += gridDim.x) {
    const BlockPlace place = places[ids[at]];
    const std::int64_t size = place.size;
    double* factor = l + place.value;
    for (std::int64_t k = blockIdx.y; k < size; k += gridDim.y)
      for (std::int64_t i = thread; i < k; i += threads) factor[i + k * size] = 0;
    if (blockIdx.y > 0) continue;
    largest[thread] = 0;
    for (std::int64_t k = thread; k < size; k += threads)
      largest[thread] = fmax(largest[thread], block_entry(g, dimension, index + place.row, k, k));
    if (thread == 0) refused = infos[at] != 0;
    __syncthreads();
    double all = 0;
    for (int t = 0; t < threads; ++t) all = fmax(all, largest[t]);
    for (std::int64_t k = thread; k < size; k += threads)
      if (!(factor[k + k * size] * factor[k + k * size] > tolerance * all)) atomicOr(&refused, 1);  // NaN is refused
    __syncthreads();
    if (thread == 0) ranks[ids[at]] = refused != 0 ? -1 : size;
    __syncthreads();
  }
}

}  // namespace

Status pivoted_cholesky(const double* g, std::int64_t dimension, const BlockPlace* places, const std::int64_t* ids,
                        std::int64_t count, double tolerance, std::int64_t* index, double* diagonal, double* l,
                        std::int64_t* ranks, Stream stream) {
  return launch(stream, blocks_x(count, 1), threads, factor, g, dimension, places, ids, count, tolerance, index,
                diagonal, l, ranks);
}

Status accept_cholesky(const double* g, std::int64_t dimension, const BlockPlace* places, const std::int64_t* ids,
                       std::int64_t count, const int* infos, double tolerance, const std::int64_t* index, double* l,
                       std::int64_t* ranks, Stream stream) {
  return launch(stream, dim3(blocks_x(count, 1), clearing_blocks), threads, accept, g, dimension, places, ids, count,
                infos, tolerance, index, l, ranks);
}

}  // namespace eigenlens::kernels
