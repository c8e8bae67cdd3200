// SPDX-License-Identifier: Apache-2.0
// T(n, i) = x_n(i) − 128, zero in the padding. A block of 256 threads a tile of 64 × 64 bytes through shared memory;
// reads run along a sample, writes of four bytes along a coordinate. Bytes moved: 2·b·D. The libraries transpose no
// bytes, and none takes the shift along.
#include "kernels/launch_grid.cuh"
#include "kernels/shifted_bytes.hpp"

namespace eigenlens::kernels {
namespace {

constexpr int side = 64, threads = 256;

__global__ void shift_transpose(const std::uint8_t* x, std::int64_t dimension, std::int64_t count, std::int8_t* t) {
  alignas(4) __shared__ std::int8_t tile[side][side + 4];  // [coordinate][sample], read four at a time
  const std::int64_t rows = padded_bytes(count), columns = padded_bytes(dimension);
  const std::int64_t across = (columns + side - 1) / side, tiles = across * ((rows + side - 1) / side);
  for (std::int64_t at = blockIdx.x; at < tiles; at += gridDim.x) {
    const std::int64_t i0 = at % across * side, n0 = at / across * side;
    for (int e = static_cast<int>(threadIdx.x); e < side * side; e += threads)
      tile[e % side][e / side] = shifted_element(x, dimension, count, n0 + e / side, i0 + e % side);
    __syncthreads();
    for (int e = static_cast<int>(threadIdx.x); e < side * side / 4; e += threads) {
      const int column = e / (side / 4), row = e % (side / 4) * 4;
      if (i0 + column < columns && n0 + row < rows)
        *reinterpret_cast<std::uint32_t*>(t + n0 + row + (i0 + column) * rows) =
            *reinterpret_cast<const std::uint32_t*>(&tile[column][row]);
    }
    __syncthreads();
  }
}

}  // namespace

Status shifted_bytes(const std::uint8_t* x, std::int64_t dimension, std::int64_t count, std::int8_t* t, Stream stream) {
  const std::int64_t across = (padded_bytes(dimension) + side - 1) / side;
  return launch(stream, blocks_x(across * ((padded_bytes(count) + side - 1) / side), 1), threads, shift_transpose, x,
                dimension, count, t);
}

}  // namespace eigenlens::kernels
