// SPDX-License-Identifier: Apache-2.0
// Tile of 16 × 6 on 16-bit operands (vpmaddubsw would take bytes, but it saturates): 12 accumulators of 8 int32, 2
// vectors, 1 broadcast, 1 product. A step (2 samples) is 12 vpmaddwd, 12 vpaddd, 2 loads and 6 broadcasts: about 8
// cycles on three ports, 192 multiply-adds for 88 bytes from L1.
#if defined(__x86_64__)
#include <immintrin.h>

#include "backend/cpu/gram_u8_kernel.hpp"

#define EIGENLENS_TARGET [[gnu::target("avx2")]]

namespace eigenlens {
namespace {

using namespace gram_u8_bodies;
constexpr int rows = 16;
constexpr int cols = 6;

EIGENLENS_TARGET void pack_panels(const std::uint8_t* x, std::int64_t dimension, std::int64_t groups,
                                  const GramU8Packing& out) {
  pack<std::int16_t, 2, rows, cols, 0>(x, dimension, groups, out);
}

EIGENLENS_TARGET void add_bytes(const std::uint8_t* x, std::int64_t n, std::uint32_t* sum) { add_row(x, n, sum); }

EIGENLENS_TARGET __m256i load(const void* from) { return _mm256_loadu_si256(static_cast<const __m256i*>(from)); }

/// The last `Vectors` of the 2 vectors of rows.
template <int Vectors>
EIGENLENS_TARGET void tile_part(const std::uint8_t* a, const std::uint8_t* b, std::int64_t groups, std::int32_t* c,
                                std::int64_t ldc) {
  constexpr int skip = rows / 8 - Vectors;
  __m256i sum[cols][Vectors];
  for (auto& column : sum)
    for (__m256i& vector : column) vector = _mm256_setzero_si256();
  for (std::int64_t g = 0; g < groups; ++g) {
    __m256i x[Vectors];
    for (int v = 0; v < Vectors; ++v) x[v] = load(a + 4 * rows * g + 32 * (skip + v));
#pragma GCC unroll 6
    for (int j = 0; j < cols; ++j) {
      const __m256i y = _mm256_set1_epi32(load_group(b + 4 * (cols * g + j)));
#pragma GCC unroll 2
      for (int v = 0; v < Vectors; ++v) sum[j][v] = _mm256_add_epi32(sum[j][v], _mm256_madd_epi16(x[v], y));
    }
  }
  for (int j = 0; j < cols; ++j)
    for (int v = 0; v < Vectors; ++v) {
      auto* at = reinterpret_cast<__m256i*>(c + j * ldc + 8 * (skip + v));
      _mm256_storeu_si256(at, _mm256_add_epi32(load(at), sum[j][v]));
    }
}

EIGENLENS_TARGET void tile(const std::uint8_t* a, const std::uint8_t* b, std::int64_t groups, std::int64_t first,
                           std::int32_t* c, std::int64_t ldc) {
  if (first == 0) return tile_part<2>(a, b, groups, c, ldc);
  return tile_part<1>(a, b, groups, c, ldc);
}

}  // namespace

const GramU8Kernel& gram_u8_avx2() {
  // x y ≤ 255²: 33,025 of them stay below 2³¹; a multiple of 2
  static constexpr GramU8Kernel kernel{8, rows, cols, 2, 33024, 0, pack_panels, tile, add_bytes};
  return kernel;
}

}  // namespace eigenlens
#endif
