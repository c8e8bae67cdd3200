// SPDX-License-Identifier: Apache-2.0
// Eigenvalues of tridiagonal matrices: a block a lane finds σ and factors T − σI, then a thread an eigenvalue bisects.
// Where T is not positive definite, 256 threads cut the interval around its smallest eigenvalue at once. All threads
// read the same entries of T at the same time, from caches; 24n bytes a lane. The library has no solver for tridiagonal
// matrices, and its divide and conquer knows small eigenvalues to ε‖T‖ alone.
#include "kernels/block_tree.cuh"
#include "kernels/launch_grid.cuh"
#include "kernels/tridiagonal_values.hpp"

namespace eigenlens::kernels {
namespace {

constexpr int threads = 256;
constexpr int value_threads = 128;
/// Of an interval: each leaves 1/257 of it.
constexpr int cuts = 8;
/// Shifts below the smallest eigenvalue, each twice as far as the one before.
constexpr int tries = 40;

struct Larger {
  __device__ double operator()(double a, double b) const { return a > b ? a : b; }
};

/// A number below the smallest eigenvalue of T, and near it. `room`: a double a thread.
__device__ double below_smallest(const Tridiagonal& t, double norm, double* room) {
  double low = -norm * (1 + 1e-12), high = -low;
  for (int cut = 0; cut < cuts; ++cut) {
    const double step = (high - low) / (threads + 1);
    const double mine = low + step * (static_cast<int>(threadIdx.x) + 1);
    const double last = block_tree(count_below(t, mine) == 0 ? mine : low, room, Larger{});
    low = last;
    high = last + step < high ? last + step : high;
  }
  return low;
}

__global__ void factor_kernel(TridiagonalBatch b) {
  __shared__ double room[threads];
  __shared__ int done;
  const std::int64_t lane = blockIdx.x, n = b.n;
  const Tridiagonal t{n, b.d + lane * n, b.e + lane * n};
  double *pivots = b.pivots + lane * n, *ratios = b.ratios + lane * n;
  double norm = 0;
  for (std::int64_t i = threadIdx.x; i < n; i += threads) norm = Larger{}(row_norm(t, i), norm);
  norm = block_tree(norm, room, Larger{});
  const double scale = power_of_two_scale(norm);
  for (std::int64_t i = threadIdx.x; i < n; i += threads) {
    b.d[i + lane * n] *= scale;
    if (i < n - 1) b.e[i + lane * n] *= scale;
  }
  norm *= scale;
  __syncthreads();
  if (threadIdx.x == 0) {
    done = factor_shifted(t, 0, pivots, ratios) ? 1 : 0;
    b.shifts[lane] = {scale, 0, norm};
    b.unresolved[lane] = 0;
  }
  __syncthreads();
  if (done != 0) return;
  const double low = below_smallest(t, norm, room);
  if (threadIdx.x != 0) return;
  double sigma = low, margin = 1e-16 * norm;
  for (int attempt = 0; attempt < tries && !(done = factor_shifted(t, sigma, pivots, ratios) ? 1 : 0); ++attempt) {
    sigma = low - margin;
    margin *= 2;
  }
  b.shifts[lane] = {scale, sigma, done != 0 ? norm - sigma : 0};
  if (done == 0) b.unresolved[lane] = static_cast<int>(n);
}

__global__ void values_kernel(TridiagonalBatch b) {
  const std::int64_t lane = blockIdx.y, n = b.n;
  const std::int64_t k = static_cast<std::int64_t>(blockIdx.x) * value_threads + threadIdx.x;
  if (k >= n || b.shifts[lane].top == 0) return;
  const Factored f{n, b.pivots + lane * n, b.ratios + lane * n, b.e + lane * n};
  b.values[k + lane * n] = eigenvalue(f, n - 1 - k, b.shifts[lane].top);
}

}  // namespace

Status factor_tridiagonal(const TridiagonalBatch& batch, Stream stream) {
  return launch(stream, static_cast<unsigned>(batch.lanes), threads, factor_kernel, batch);
}

Status tridiagonal_values(const TridiagonalBatch& batch, Stream stream) {
  return launch(stream, dim3(blocks_x(batch.n, value_threads), static_cast<unsigned>(batch.lanes)), value_threads,
                values_kernel, batch);
}

}  // namespace eigenlens::kernels
