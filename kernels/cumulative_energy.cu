// SPDX-License-Identifier: Apache-2.0
// s_k = Σ_{i≤k} Σ_j t_ij² w_j, in two launches. A thread a row and slab of 64 columns; then one block of 256 threads
// walks down the rows, 256 at a time, and carries what it has so far along. Bytes moved: 8 an entry of T.
// cub::DeviceScan and thrust::inclusive_scan do not promise the same floating-point sums twice (their blocks combine
// what has arrived); cub::BlockScan in one block does, and the rows are a few thousand.
#include <cub/block/block_scan.cuh>

#include "kernels/cumulative_energy.hpp"
#include "kernels/launch_grid.cuh"

namespace eigenlens::kernels {
namespace {

constexpr int threads = 256;

__global__ void slabs_kernel(std::int64_t rows, std::int64_t cols, const double* t, Columns columns, const double* w,
                             double* slabs) {
  const std::int64_t first = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  const std::int64_t step = static_cast<std::int64_t>(gridDim.x) * threads;
  for (std::int64_t s = blockIdx.y; s < slab_count(cols); s += gridDim.y)
    for (std::int64_t i = first; i < rows; i += step)
      slabs[i + s * rows] = slab_energy(t, w, rows, cols, columns, i, s);
}

__global__ void scan_kernel(std::int64_t rows, std::int64_t count, const double* slabs, double* sums) {
  using Scan = cub::BlockScan<double, threads>;
  __shared__ typename Scan::TempStorage room;
  double before = 0;
  for (std::int64_t tile = 0; tile < rows; tile += threads) {
    const std::int64_t i = tile + threadIdx.x;
    double sum = 0, all = 0;
    Scan(room).InclusiveSum(i < rows ? row_energy(slabs, rows, count, i) : 0.0, sum, all);
    if (i < rows) sums[i] = before + sum;
    before += all;
    __syncthreads();  // room is used again
  }
}

}  // namespace

Status cumulative_energy(std::int64_t rows, std::int64_t cols, const double* t, Columns columns, const double* w,
                         double* room, double* sums, Stream stream) {
  const std::int64_t count = slab_count(cols);
  const Status slabs = launch(stream, dim3(blocks_x(rows, threads), blocks_y(count)), threads, slabs_kernel, rows, cols,
                              t, columns, w, room);
  if (slabs != cudaSuccess) return slabs;
  return launch(stream, 1, threads, scan_kernel, rows, count, room, sums);
}

}  // namespace eigenlens::kernels
