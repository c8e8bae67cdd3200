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

// In assembly: around the intrinsic GCC 12 copies every sum to another register and back.
EIGENLENS_TARGET [[gnu::always_inline]] inline __m256i dot(__m256i sum, __m256i x, __m256i y) {
  asm("%{vex%} vpdpbusd %2, %1, %0" : "+x"(sum) : "x"(x), "x"(y));
  return sum;
}

#include "backend/cpu/gram_u8_tile256.inc"

}  // namespace

const GramU8Kernel& gram_u8_avxvnni() {
  // |x (y − 128)| ≤ 255 · 128, 65,793 of them stay below 2³¹; a multiple of 4
  static constexpr GramU8Kernel kernel{8, rows, cols, 4, 65792, 128, pack_panels, tile, add_bytes};
  return kernel;
}

}  // namespace eigenlens
#endif
