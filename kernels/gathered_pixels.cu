// SPDX-License-Identifier: Apache-2.0
// y(p, n) = x(pixels(p), n), bytes. A thread a listed pixel, 256 a block; blocks along y stride over samples. Bytes
// moved: 1 a value written, and the 32-byte sectors that the pixels of a sample lie in. No library gathers bytes; done
// on the host it is a walk through all samples for every panel.
#include "kernels/gathered_pixels.hpp"
#include "kernels/launch_grid.cuh"

namespace eigenlens::kernels {
namespace {

constexpr int threads = 256;

__global__ void gather(const std::uint8_t* x, std::int64_t dimension, std::int64_t count, const std::int64_t* pixels,
                       std::int64_t listed, std::uint8_t* y) {
  const std::int64_t p = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (p >= listed) return;
  for (std::int64_t n = blockIdx.y; n < count; n += gridDim.y)
    y[p + n * listed] = x[pixel_place(pixels, p, n, dimension)];
}

}  // namespace

Status gathered_pixels(const std::uint8_t* x, std::int64_t dimension, std::int64_t count, const std::int64_t* pixels,
                       std::int64_t listed, std::uint8_t* y, Stream stream) {
  return launch(stream, dim3(blocks_x(listed, threads), blocks_y(count)), threads, gather, x, dimension, count, pixels,
                listed, y);
}

}  // namespace eigenlens::kernels
