// SPDX-License-Identifier: Apache-2.0
// Tile of 16 × 6: 12 accumulators of 8 int32, 2 vectors of x, 1 broadcast of x − 128: 15 of 16 registers. A step
// (4 samples) is 12 vpdpbusd, 2 loads and 6 broadcasts: 6 cycles on two ports, 384 multiply-adds for 88 bytes from L1.
#if defined(__x86_64__)
#include <immintrin.h>

#include "backend/cpu/gram_u8_kernel.hpp"

#define EIGENLENS_TARGET [[gnu::target("avx2,avxvnni")]]

namespace eigenlens {
namespace {

using namespace gram_u8_bodies;
constexpr int rows = 16;
constexpr int cols = 6;

EIGENLENS_TARGET void pack_panels(const std::uint8_t* x, std::int64_t dimension, std::int64_t groups,
                                  const GramU8Packing& out) {
  pack<4, rows, cols, 0x80808080>(x, dimension, groups, out);
}

EIGENLENS_TARGET void add_bytes(const std::uint8_t* x, std::int64_t n, std::uint32_t* sum) { add_row(x, n, sum); }

EIGENLENS_TARGET __m256i load(const void* from) { return _mm256_loadu_si256(static_cast<const __m256i*>(from)); }

// In assembly: around the intrinsic GCC 12 copies every sum to another register and back.
EIGENLENS_TARGET [[gnu::always_inline]] inline __m256i dot(__m256i sum, __m256i x, __m256i y) {
  asm("%{vex%} vpdpbusd %2, %1, %0" : "+x"(sum) : "x"(x), "x"(y));
  return sum;
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

const GramU8Kernel& gram_u8_avxvnni() {
  // |x (y − 128)| ≤ 255 · 128, 65,793 of them stay below 2³¹; a multiple of 4
  static constexpr GramU8Kernel kernel{8, rows, cols, 4, 65792, 128, pack_panels, tile, add_bytes};
  return kernel;
}

}  // namespace eigenlens
#endif
