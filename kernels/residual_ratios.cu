// SPDX-License-Identifier: Apache-2.0
// max_k Σ_j (x_kj − μ_k(a y_kj + b z_kj))² / Σ_j v_kj². One block of 512 threads, a thread a row, which strides over
// the rows and reads neighbours together; then a tree of a fixed order. Bytes moved: 32 s a row, s = 32: a few
// megabytes, for which one block is enough. No library has the formula.
#include "kernels/block_tree.cuh"
#include "kernels/launch_grid.cuh"
#include "kernels/residual_ratios.hpp"

namespace eigenlens::kernels {
namespace {

constexpr int threads = 512;

__global__ void ratios_kernel(std::int64_t rows, std::int64_t s, const double* p, const double* mu, double a, double b,
                              double* largest) {
  __shared__ double room[threads];
  double own = 0;
  for (std::int64_t k = threadIdx.x; k < rows; k += threads)
    own = LargerOrNan{}(own, residual_ratio(p, rows, s, mu[k], a, b, k));
  const double all = block_tree(own, room, LargerOrNan{});
  if (threadIdx.x == 0) *largest = all;
}

}  // namespace

Status residual_ratios(std::int64_t rows, std::int64_t s, const double* p, const double* mu, double a, double b,
                       double* largest, Stream stream) {
  return launch(stream, 1, threads, ratios_kernel, rows, s, p, mu, a, b, largest);
}

}  // namespace eigenlens::kernels
