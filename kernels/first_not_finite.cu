// SPDX-License-Identifier: Apache-2.0
// *first ← min(*first, the smallest i with x_i not finite). Threads of 256 a block stride over the values, as many
// blocks as 2,048 values each ask for; who finds one stops, and a minimum in global memory is the same in any order.
// Bytes moved: 4 or 8 a value. No library looks for NaN: cublasIdamax passes over it.
#include "kernels/first_not_finite.hpp"
#include "kernels/launch_grid.cuh"

namespace eigenlens::kernels {
namespace {

constexpr int threads = 256;

template <class Real>
__global__ void find(const Real* x, std::int64_t count, unsigned long long* first) {
  const std::int64_t step = static_cast<std::int64_t>(gridDim.x) * threads;
  for (std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x; i < count; i += step)
    if (!is_finite(x[i])) {
      atomicMin(first, static_cast<unsigned long long>(i));
      return;
    }
}

template <class Real>
Status launch_find(const Real* x, std::int64_t count, unsigned long long* first, Stream stream) {
  return launch(stream, blocks_x(count, 8 * threads), threads, find<Real>, x, count, first);
}

}  // namespace

Status first_not_finite(const float* x, std::int64_t count, unsigned long long* first, Stream stream) {
  return launch_find(x, count, first, stream);
}

Status first_not_finite(const double* x, std::int64_t count, unsigned long long* first, Stream stream) {
  return launch_find(x, count, first, stream);
}

}  // namespace eigenlens::kernels
