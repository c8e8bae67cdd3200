// SPDX-License-Identifier: Apache-2.0
/// \file
/// What one instruction set brings to the integer Gram (gram_u8.hpp): packing, the register tile, sums of rows.
///
/// A group is 4 bytes of one coordinate: 4 consecutive samples as bytes, or 2 as 16-bit integers. A panel is a run of
/// groups × width × 4 bytes: group by group, the width coordinates side by side, so that one vector load feeds 16 (8)
/// coordinates to an instruction that contracts over the samples of a group.
#pragma once

#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace eigenlens {

/// Where pack puts one group range: panel p of `rows` starts at rows_out + p · rows_stride, likewise of `cols`.
struct GramU8Packing {
  std::uint8_t* rows_out;    ///< x, first operand; the first group's place in panel 0
  std::uint8_t* cols_out;    ///< x − offset, second operand
  std::int64_t rows_stride;  ///< bytes between panels
  std::int64_t cols_stride;
  std::uint8_t* scratch;  ///< groups · D · 4 bytes
};

struct GramU8Kernel {
  std::int64_t vector;       ///< rows of one vector: 16, 8 or 4 lanes of int32
  std::int64_t rows;         ///< rows of the register tile
  std::int64_t cols;         ///< columns of the register tile
  std::int64_t samples;      ///< samples of a group
  std::int64_t max_samples;  ///< an int32 sum of so many products cannot overflow
  std::int64_t offset;       ///< the second operand is x − offset: the tile adds G_ij − offset · Σx_i
  /// Packs groups · samples rows of x (D bytes each, side by side) into both operands.
  void (*pack)(const std::uint8_t* x, std::int64_t dimension, std::int64_t groups, const GramU8Packing& out);
  /// c[i + j·ldc] += Σ a_i b_j over the groups, for j < cols and for the vectors [first, rows/vector) of rows. `a` and
  /// `b` point at the panels, `c` at row 0. Bytes read: 4·groups·(rows + cols) for 4·groups·rows·cols multiply-adds (of
  /// bytes).
  void (*tile)(const std::uint8_t* a, const std::uint8_t* b, std::int64_t groups, std::int64_t first, std::int32_t* c,
               std::int64_t ldc);
  /// sum_i += x_i, i < n.
  void (*add_row)(const std::uint8_t* x, std::int64_t n, std::uint32_t* sum);
};

const GramU8Kernel& gram_u8_portable();
#if defined(__x86_64__)
const GramU8Kernel& gram_u8_avx2();
const GramU8Kernel& gram_u8_avxvnni();
const GramU8Kernel& gram_u8_avx512vnni();
#endif

// The bodies below are inlined into functions that carry a target attribute: no copy of them with foreign instructions
// can end up in another file.
namespace gram_u8_bodies {

#define EIGENLENS_INLINE [[gnu::always_inline]] inline

/// out[i][k] = x[k][i]: 4 samples of bytes become D groups of 4 bytes.
EIGENLENS_INLINE void interleave4(const std::uint8_t* __restrict x, std::int64_t dimension,
                                  std::uint8_t* __restrict out) {
  std::int64_t i = 0;
#if defined(__SSE2__)
  for (; i + 16 <= dimension; i += 16) {  // 64 bytes in, 64 out
    __m128i row[4];
#pragma GCC unroll 4
    for (int k = 0; k < 4; ++k) row[k] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(x + k * dimension + i));
    const __m128i low01 = _mm_unpacklo_epi8(row[0], row[1]);
    const __m128i low23 = _mm_unpacklo_epi8(row[2], row[3]);
    const __m128i high01 = _mm_unpackhi_epi8(row[0], row[1]);
    const __m128i high23 = _mm_unpackhi_epi8(row[2], row[3]);
    auto* to = reinterpret_cast<__m128i*>(out + 4 * i);
    _mm_storeu_si128(to, _mm_unpacklo_epi16(low01, low23));
    _mm_storeu_si128(to + 1, _mm_unpackhi_epi16(low01, low23));
    _mm_storeu_si128(to + 2, _mm_unpacklo_epi16(high01, high23));
    _mm_storeu_si128(to + 3, _mm_unpackhi_epi16(high01, high23));
  }
#endif
  for (; i < dimension; ++i)
    for (int k = 0; k < 4; ++k) out[4 * i + k] = x[k * dimension + i];
}

/// The same for 2 samples as 16-bit integers.
EIGENLENS_INLINE void interleave2(const std::uint8_t* __restrict x, std::int64_t dimension,
                                  std::uint8_t* __restrict out) {
  for (std::int64_t i = 0; i < dimension; ++i) {
    const std::int16_t group[2] = {x[i], x[dimension + i]};
    std::memcpy(out + 4 * i, group, 4);
  }
}

/// to = from ^ mask, `width` groups.
template <std::uint32_t Mask>
EIGENLENS_INLINE void flip(const std::uint8_t* __restrict from, std::int64_t width, std::uint8_t* __restrict to) {
  for (std::int64_t i = 0; i < width; ++i) {
    std::uint32_t group;
    std::memcpy(&group, from + 4 * i, 4);
    group ^= Mask;
    std::memcpy(to + 4 * i, &group, 4);
  }
}

/// Copies groups from [group][D] to panels of `Width` coordinates, with every byte ^ mask (x ^ 0x80 is x − 128 as a
/// signed byte). The last panel's missing coordinates keep what they had: zeros, and nobody reads their sums.
template <int Width, std::uint32_t Mask>
EIGENLENS_INLINE void scatter(const std::uint8_t* interleaved, std::int64_t dimension, std::int64_t groups,
                              std::uint8_t* out, std::int64_t stride) {
  const std::int64_t panels = (dimension + Width - 1) / Width;
  for (std::int64_t p = 0; p < panels; ++p) {
    const std::uint8_t* from = interleaved + 4 * p * Width;
    std::uint8_t* to = out + p * stride;
    const std::int64_t width = dimension - p * Width;
    if (width >= Width) {
      for (std::int64_t g = 0; g < groups; ++g, from += 4 * dimension, to += 4 * Width) flip<Mask>(from, Width, to);
    } else {
      for (std::int64_t g = 0; g < groups; ++g, from += 4 * dimension, to += 4 * Width) flip<Mask>(from, width, to);
    }
  }
}

/// D · samples bytes read and 8 · D bytes written a group, through a scratch that stays in L1 or L2.
template <int Samples, int Rows, int Cols, std::uint32_t Mask>
EIGENLENS_INLINE void pack(const std::uint8_t* x, std::int64_t dimension, std::int64_t groups,
                           const GramU8Packing& out) {
  for (std::int64_t g = 0; g < groups; ++g) {
    if constexpr (Samples == 4) interleave4(x + g * 4 * dimension, dimension, out.scratch + 4 * g * dimension);
    if constexpr (Samples == 2) interleave2(x + g * 2 * dimension, dimension, out.scratch + 4 * g * dimension);
  }
  scatter<Rows, 0>(out.scratch, dimension, groups, out.rows_out, out.rows_stride);
  scatter<Cols, Mask>(out.scratch, dimension, groups, out.cols_out, out.cols_stride);
}

EIGENLENS_INLINE void add_row(const std::uint8_t* __restrict x, std::int64_t n, std::uint32_t* __restrict sum) {
  for (std::int64_t i = 0; i < n; ++i) sum[i] += x[i];
}

EIGENLENS_INLINE std::int32_t load_group(const std::uint8_t* from) {
  std::int32_t group;
  std::memcpy(&group, from, 4);
  return group;
}

}  // namespace gram_u8_bodies
}  // namespace eigenlens
