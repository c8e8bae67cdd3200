// SPDX-License-Identifier: Apache-2.0
// Tile of 32 × 14: 28 accumulators of 16 int32, 2 vectors of x, 1 broadcast of x − 128. A step (4 samples) is 28
// vpdpbusd, 2 loads and 14 broadcasts: 14 cycles on two ports, 1,792 multiply-adds for 184 bytes from L1.
#if defined(__x86_64__)
#include <immintrin.h>

#include "backend/cpu/gram_u8_kernel.hpp"

#define EIGENLENS_TARGET [[gnu::target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,prefer-vector-width=512")]]

namespace eigenlens {
namespace {

using namespace gram_u8_bodies;
constexpr int rows = 32;
constexpr int cols = 14;

EIGENLENS_TARGET void pack_panels(const std::uint8_t* x, std::int64_t dimension, std::int64_t groups,
                                  const GramU8Packing& out) {
  pack<std::uint8_t, 4, rows, cols, 0x80808080>(x, dimension, groups, out);
}

EIGENLENS_TARGET void add_bytes(const std::uint8_t* x, std::int64_t n, std::uint32_t* sum) { add_row(x, n, sum); }

/// The last `Vectors` of the 2 vectors of rows.
template <int Vectors>
EIGENLENS_TARGET void tile_part(const std::uint8_t* a, const std::uint8_t* b, std::int64_t groups, std::int32_t* c,
                                std::int64_t ldc) {
  constexpr int skip = rows / 16 - Vectors;
  __m512i sum[cols][Vectors];
  for (auto& column : sum)
    for (__m512i& vector : column) vector = _mm512_setzero_si512();
  for (std::int64_t g = 0; g < groups; ++g) {
    __m512i x[Vectors];
    for (int v = 0; v < Vectors; ++v) x[v] = _mm512_loadu_si512(a + 4 * rows * g + 64 * (skip + v));
#pragma GCC unroll 14
    for (int j = 0; j < cols; ++j) {
      __m512i y = _mm512_set1_epi32(load_group(b + 4 * (cols * g + j)));
      asm("" : "+v"(y));  // one broadcast for both vectors, not one folded into each instruction
#pragma GCC unroll 2
      for (int v = 0; v < Vectors; ++v) sum[j][v] = _mm512_dpbusd_epi32(sum[j][v], x[v], y);
    }
  }
  for (int j = 0; j < cols; ++j)
    for (int v = 0; v < Vectors; ++v) {
      std::int32_t* at = c + j * ldc + 16 * (skip + v);
      _mm512_storeu_si512(at, _mm512_add_epi32(_mm512_loadu_si512(at), sum[j][v]));
    }
}

EIGENLENS_TARGET void tile(const std::uint8_t* a, const std::uint8_t* b, std::int64_t groups, std::int64_t first,
                           std::int32_t* c, std::int64_t ldc) {
  if (first == 0) return tile_part<2>(a, b, groups, c, ldc);
  return tile_part<1>(a, b, groups, c, ldc);
}

}  // namespace

const GramU8Kernel& gram_u8_avx512vnni() {
  // |x (y − 128)| ≤ 255 · 128, 65,793 of them stay below 2³¹; a multiple of 4
  static constexpr GramU8Kernel kernel{16, rows, cols, 4, 65792, 128, pack_panels, tile, add_bytes};
  return kernel;
}

}  // namespace eigenlens
#endif
