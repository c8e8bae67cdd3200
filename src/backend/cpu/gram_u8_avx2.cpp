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

EIGENLENS_TARGET __m256i load(const void* from) { return _mm256_loadu_si256(static_cast<const __m256i*>(from)); }

EIGENLENS_TARGET [[gnu::always_inline]] inline __m256i dot(__m256i sum, __m256i x, __m256i y) {
  return _mm256_add_epi32(sum, _mm256_madd_epi16(x, y));
}

EIGENLENS_TARGET [[gnu::always_inline]] inline void add_to(std::int32_t* at, __m256i sum) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(at), _mm256_add_epi32(load(at), sum));
}

// Sums by name, not in an array: GCC keeps an array of them in memory.
#define EIGENLENS_COLUMNS(_) _(0) _(1) _(2) _(3) _(4) _(5)

/// Both vectors of rows, or only the second (`Vectors` = 1).
template <int Vectors>
EIGENLENS_TARGET void tile_part(const std::uint8_t* a, const std::uint8_t* b, std::int64_t groups, std::int32_t* c,
                                std::int64_t ldc) {
#define EIGENLENS_ZERO(j) __m256i first##j = _mm256_setzero_si256(), second##j = first##j;
  EIGENLENS_COLUMNS(EIGENLENS_ZERO)
  for (std::int64_t g = 0; g < groups; ++g, a += 4 * rows, b += 4 * cols) {
    const __m256i x0 = load(a);
    const __m256i x1 = load(a + 32);
// One broadcast for both vectors, not one folded into each instruction.
#define EIGENLENS_STEP(j)                                        \
  {                                                              \
    __m256i y = _mm256_set1_epi32(load_group(b + 4 * (j)));      \
    asm("" : "+x"(y));                                           \
    if constexpr (Vectors == 2) first##j = dot(first##j, x0, y); \
    second##j = dot(second##j, x1, y);                           \
  }
    EIGENLENS_COLUMNS(EIGENLENS_STEP)
  }
#define EIGENLENS_STORE(j)                                   \
  if constexpr (Vectors == 2) add_to(c + (j)*ldc, first##j); \
  add_to(c + (j)*ldc + 8, second##j);
  EIGENLENS_COLUMNS(EIGENLENS_STORE)
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
