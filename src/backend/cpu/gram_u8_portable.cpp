// SPDX-License-Identifier: Apache-2.0
// Tile of 8 × 4 on 16-bit operands in plain C++: the same layout as AVX2's, for every processor.
#include "backend/cpu/gram_u8_kernel.hpp"

namespace eigenlens {
namespace {

using namespace gram_u8_bodies;
constexpr int rows = 8;
constexpr int cols = 4;

void pack_panels(const std::uint8_t* x, std::int64_t dimension, std::int64_t groups, const GramU8Packing& out) {
  pack<std::int16_t, 2, rows, cols, 0>(x, dimension, groups, out);
}

void add_bytes(const std::uint8_t* x, std::int64_t n, std::uint32_t* sum) { add_row(x, n, sum); }

void tile(const std::uint8_t* a, const std::uint8_t* b, std::int64_t groups, std::int64_t /*first*/, std::int32_t* c,
          std::int64_t ldc) {
  std::int32_t sum[cols][rows] = {};
  for (std::int64_t g = 0; g < groups; ++g) {
    std::int16_t x[2 * rows];
    std::int16_t y[2 * cols];
    std::memcpy(x, a + 4 * rows * g, sizeof x);
    std::memcpy(y, b + 4 * cols * g, sizeof y);
    for (int j = 0; j < cols; ++j)
      for (int i = 0; i < rows; ++i) sum[j][i] += x[2 * i] * y[2 * j] + x[2 * i + 1] * y[2 * j + 1];
  }
  for (int j = 0; j < cols; ++j)
    for (int i = 0; i < rows; ++i) c[j * ldc + i] += sum[j][i];
}

}  // namespace

const GramU8Kernel& gram_u8_portable() {
  // x y ≤ 255²: 33,025 of them stay below 2³¹; a multiple of 2
  static constexpr GramU8Kernel kernel{8, rows, cols, 2, 33024, 0, pack_panels, tile, add_bytes};
  return kernel;
}

}  // namespace eigenlens
