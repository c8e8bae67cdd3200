// SPDX-License-Identifier: Apache-2.0
// l_ik = (S_ip − Σ_m l_im l_pm) / √d_p for the row p with the largest d, and d_i ← d_i − l_ik². A thread a row, 256 a
// block; every block looks for p by itself, which saves a launch and a wait for it. Bytes moved: 8·n·(k − first) of L,
// mostly in cache. One multiprocessor (pivoted_cholesky.cu) would read n³/6 entries: predicted at 0.4 to 0.8 s for n =
// 3,072.
#include "kernels/block_tree.cuh"
#include "kernels/launch_grid.cuh"
#include "kernels/pivot_step.hpp"

namespace eigenlens::kernels {
namespace {

constexpr int threads = 256;

__global__ void step_kernel(PivotStep step) {
  __shared__ double values[threads];
  __shared__ std::int64_t rows[threads];
  __shared__ double row[pivot_panel];
  double best = pivot_taken;
  std::int64_t p = step.size;
  for (std::int64_t i = threadIdx.x; i < step.size; i += threads)
    if (left_of(step, i) > best) best = left_of(step, i), p = i;
  p = block_index_of_largest(best, p, values, rows);
  const double pivot = p < step.size ? left_of(step, p) : 0;
  const double smallest = step.k == 0 ? step.tolerance * pivot : step.run->smallest;
  const bool ends = !(pivot > smallest);
  if (blockIdx.x == 0 && threadIdx.x == 0) {
    if (step.k == 0) step.run->smallest = smallest;
    if (!ends) step.order[step.k] = p;
    if (ends && step.run->rank < 0) step.run->rank = step.k;
  }
  for (std::int64_t m = threadIdx.x; !ends && m < step.k - step.first; m += threads)
    row[m] = step.l[p + (step.first + m) * step.size];
  __syncthreads();
  const double root = sqrt(pivot);
  const std::int64_t stride = static_cast<std::int64_t>(gridDim.x) * threads;
  for (std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x; i < step.size; i += stride) {
    const double value = ends ? 0 : pivoted_entry(step, i, p, root, row);
    if (!ends) step.l[i + step.k * step.size] = value;
    step.next[i] = ends ? left_of(step, i) : left_after(step, i, p, value);
  }
}

}  // namespace

Status pivot_step(const PivotStep& step, Stream stream) {
  return launch(stream, blocks_x(step.size, threads), threads, step_kernel, step);
}

}  // namespace eigenlens::kernels
