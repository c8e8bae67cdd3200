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
  pack<4, rows, cols, 0x80808080>(x, dimension, groups, out);
}

EIGENLENS_TARGET void add_bytes(const std::uint8_t* x, std::int64_t n, std::uint32_t* sum) { add_row(x, n, sum); }

// In assembly: around the intrinsic GCC 12 copies every sum to another register and back.
EIGENLENS_TARGET [[gnu::always_inline]] inline __m512i dot(__m512i sum, __m512i x, __m512i y) {
  asm("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(x), "v"(y));
  return sum;
}

EIGENLENS_TARGET [[gnu::always_inline]] inline void add_to(std::int32_t* at, __m512i sum) {
  _mm512_storeu_si512(at, _mm512_add_epi32(_mm512_loadu_si512(at), sum));
}

// Sums by name, not in an array: GCC keeps an array of them in memory.
#define EIGENLENS_COLUMNS(_) _(0) _(1) _(2) _(3) _(4) _(5) _(6) _(7) _(8) _(9) _(10) _(11) _(12) _(13)

/// Both vectors of rows, or only the second (`Vectors` = 1).
template <int Vectors>
EIGENLENS_TARGET void tile_part(const std::uint8_t* a, const std::uint8_t* b, std::int64_t groups, std::int32_t* c,
                                std::int64_t ldc) {
#define EIGENLENS_ZERO(j) __m512i first##j = _mm512_setzero_si512(), second##j = first##j;
  EIGENLENS_COLUMNS(EIGENLENS_ZERO)
#define EIGENLENS_FETCH(j)                \
  _mm_prefetch(c + (j)*ldc, _MM_HINT_T0); \
  _mm_prefetch(c + (j)*ldc + 16, _MM_HINT_T0);
  EIGENLENS_COLUMNS(EIGENLENS_FETCH)
  for (std::int64_t g = 0; g < groups; ++g, a += 4 * rows, b += 4 * cols) {
    _mm_prefetch(b + 1024, _MM_HINT_T0);  // the next column panel follows this one
    const __m512i x0 = _mm512_loadu_si512(a);
    const __m512i x1 = _mm512_loadu_si512(a + 64);
// One broadcast for both vectors, not one folded into each instruction.
#define EIGENLENS_STEP(j)                                        \
  {                                                              \
    __m512i y = _mm512_set1_epi32(load_group(b + 4 * (j)));      \
    asm("" : "+v"(y));                                           \
    if constexpr (Vectors == 2) first##j = dot(first##j, x0, y); \
    second##j = dot(second##j, x1, y);                           \
  }
    EIGENLENS_COLUMNS(EIGENLENS_STEP)
  }
#define EIGENLENS_STORE(j)                                   \
  if constexpr (Vectors == 2) add_to(c + (j)*ldc, first##j); \
  add_to(c + (j)*ldc + 16, second##j);
  EIGENLENS_COLUMNS(EIGENLENS_STORE)
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
