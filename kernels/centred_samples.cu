// SPDX-License-Identifier: Apache-2.0
// y(i, n) = ((x(i, n) − s(i)) − m(i))·w(i) in float64. A thread a coordinate, 256 a block; blocks along y stride over
// samples. Bytes moved: 9, 12 or 16 a value. No library converts and scales; done on the host, 8 bytes a value would
// cross the bus in place of 1 or 4.
#include "kernels/centred_samples.hpp"
#include "kernels/launch_grid.cuh"

namespace eigenlens::kernels {
namespace {

constexpr int threads = 256;

template <class Value>
__global__ void centre(const Value* x, std::int64_t dimension, std::int64_t count, const double* shift,
                       const double* mean, const double* scale, double* y) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (i >= dimension) return;
  const double s = shift[i], m = mean[i], w = scale[i];
  for (std::int64_t n = blockIdx.y; n < count; n += gridDim.y)
    y[i + n * dimension] = centred_value(x[i + n * dimension], s, m, w);
}

template <class Value>
Status launch_centre(const Value* x, std::int64_t dimension, std::int64_t count, const double* shift,
                     const double* mean, const double* scale, double* y, Stream stream) {
  return launch(stream, dim3(blocks_x(dimension, threads), blocks_y(count)), threads, centre<Value>, x, dimension,
                count, shift, mean, scale, y);
}

}  // namespace

Status centred_samples(const std::uint8_t* x, std::int64_t dimension, std::int64_t count, const double* shift,
                       const double* mean, const double* scale, double* y, Stream stream) {
  return launch_centre(x, dimension, count, shift, mean, scale, y, stream);
}

Status centred_samples(const float* x, std::int64_t dimension, std::int64_t count, const double* shift,
                       const double* mean, const double* scale, double* y, Stream stream) {
  return launch_centre(x, dimension, count, shift, mean, scale, y, stream);
}

Status centred_samples(const double* x, std::int64_t dimension, std::int64_t count, const double* shift,
                       const double* mean, const double* scale, double* y, Stream stream) {
  return launch_centre(x, dimension, count, shift, mean, scale, y, stream);
}

}  // namespace eigenlens::kernels
