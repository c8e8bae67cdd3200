// SPDX-License-Identifier: Apache-2.0
// y(i, n) = x(i, n) − s(i) in float64. A thread a coordinate, 256 a block; blocks along y stride over samples. Bytes
// moved: 12 or 16 a value. It saves a library's axpy the conversion, and its copy.
#include "kernels/launch_grid.cuh"
#include "kernels/shifted_floats.hpp"

namespace eigenlens::kernels {
namespace {

constexpr int threads = 256;

template <class Real>
__global__ void shift(const Real* x, std::int64_t dimension, std::int64_t count, const double* shifts, double* y) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (i >= dimension) return;
  for (std::int64_t n = blockIdx.y; n < count; n += gridDim.y)
    y[i + n * dimension] = shifted_value(x[i + n * dimension], shifts[i]);
}

template <class Real>
Status launch_shift(const Real* x, std::int64_t dimension, std::int64_t count, const double* shifts, double* y,
                    Stream stream) {
  return launch(stream, dim3(blocks_x(dimension, threads), blocks_y(count)), threads, shift<Real>, x, dimension, count,
                shifts, y);
}

}  // namespace

Status shifted_floats(const float* x, std::int64_t dimension, std::int64_t count, const double* shift, double* y,
                      Stream stream) {
  return launch_shift(x, dimension, count, shift, y, stream);
}

Status shifted_floats(const double* x, std::int64_t dimension, std::int64_t count, const double* shift, double* y,
                      Stream stream) {
  return launch_shift(x, dimension, count, shift, y, stream);
}

}  // namespace eigenlens::kernels
