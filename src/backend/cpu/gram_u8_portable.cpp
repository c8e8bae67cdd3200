// SPDX-License-Identifier: Apache-2.0
// Tile of 8 × 4 on 16-bit operands for every processor: the same layout as AVX2's. SSE2 where it is sure to be there.
#include "backend/cpu/gram_u8_kernel.hpp"

namespace eigenlens {
namespace {

using namespace gram_u8_bodies;
constexpr int rows = 8;
constexpr int cols = 4;

void pack_panels(const std::uint8_t* x, std::int64_t dimension, std::int64_t groups, const GramU8Packing& out) {
  pack<2, rows, cols, 0>(x, dimension, groups, out);
}

void add_bytes(const std::uint8_t* x, std::int64_t n, std::uint32_t* sum) { add_row(x, n, sum); }

/// x_0 y_0 + x_1 y_1 for each of 4 rows: lanes[i] += ...
struct Lanes {
#if defined(__SSE2__)
  __m128i sum = _mm_setzero_si128();  // SSE2 belongs to every x86-64 processor
  void dot(const std::uint8_t* x, const std::uint8_t* y) {
    const __m128i rows4 = _mm_loadu_si128(reinterpret_cast<const __m128i*>(x));
    sum = _mm_add_epi32(sum, _mm_madd_epi16(rows4, _mm_set1_epi32(load_group(y))));
  }
  void add_to(std::int32_t* c) const {
    auto* at = reinterpret_cast<__m128i*>(c);
    _mm_storeu_si128(at, _mm_add_epi32(_mm_loadu_si128(at), sum));
  }
#else
  std::int32_t sum[4] = {};
  void dot(const std::uint8_t* x, const std::uint8_t* y) {
    std::int16_t rows4[8];
    std::int16_t pair[2];
    std::memcpy(rows4, x, sizeof rows4);
    std::memcpy(pair, y, sizeof pair);
    for (int i = 0; i < 4; ++i) sum[i] += rows4[2 * i] * pair[0] + rows4[2 * i + 1] * pair[1];
  }
  void add_to(std::int32_t* c) const {
    for (int i = 0; i < 4; ++i) c[i] += sum[i];
  }
#endif
};

void tile(const std::uint8_t* a, const std::uint8_t* b, std::int64_t groups, std::int64_t /*first*/, std::int32_t* c,
          std::int64_t ldc) {
  for (int j = 0; j < cols; j += 2) {  // 4 sums at a time stay in registers on every processor
    Lanes s00, s10, s01, s11;
    const std::uint8_t* x = a;
    const std::uint8_t* y = b + 4 * j;
    for (std::int64_t g = 0; g < groups; ++g, x += 4 * rows, y += 4 * cols) {
      s00.dot(x, y);
      s10.dot(x + 16, y);
      s01.dot(x, y + 4);
      s11.dot(x + 16, y + 4);
    }
    s00.add_to(c + j * ldc);
    s10.add_to(c + j * ldc + 4);
    s01.add_to(c + (j + 1) * ldc);
    s11.add_to(c + (j + 1) * ldc + 4);
  }
}

}  // namespace

const GramU8Kernel& gram_u8_portable() {
  // x y ≤ 255²: 33,025 of them stay below 2³¹; a multiple of 2
  static constexpr GramU8Kernel kernel{4, rows, cols, 2, 33024, 0, pack_panels, tile, add_bytes};
  return kernel;
}

}  // namespace eigenlens
