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
  pack<2, rows, cols, 0>(x, dimension, groups, out);
}

EIGENLENS_TARGET void add_bytes(const std::uint8_t* x, std::int64_t n, std::uint32_t* sum) { add_row(x, n, sum); }

EIGENLENS_TARGET [[gnu::always_inline]] inline __m256i dot(__m256i sum, __m256i x, __m256i y) {
  return _mm256_add_epi32(sum, _mm256_madd_epi16(x, y));
}

#include "backend/cpu/gram_u8_tile256.inc"

}  // namespace

const GramU8Kernel& gram_u8_avx2() {
  // x y ≤ 255²: 33,025 of them stay below 2³¹; a multiple of 2
  static constexpr GramU8Kernel kernel{8, rows, cols, 2, 33024, 0, pack_panels, tile, add_bytes};
  return kernel;
}

}  // namespace eigenlens
#endif
