// SPDX-License-Identifier: Apache-2.0
/// \file
/// What one instruction set brings to the integer Gram (gram_u8.hpp): packing, the register tile, sums of rows.
///
/// A group is 4 bytes of one coordinate: 4 consecutive samples as bytes, or 2 as 16-bit integers. A panel is a run of
/// groups × width × 4 bytes: group by group, the width coordinates side by side, so that one vector load feeds 16 (8)
/// coordinates to an instruction that contracts over the samples of a group.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

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

/// out[i][k] = x[k][i]: `Samples` rows become D groups of 4 bytes.
template <class Element, int Samples>
EIGENLENS_INLINE void interleave(const std::uint8_t* __restrict x, std::int64_t dimension,
                                 std::uint8_t* __restrict out) {
  static_assert(Samples * sizeof(Element) == 4);
  for (std::int64_t i = 0; i < dimension; ++i) {
    Element group[Samples];
    for (int k = 0; k < Samples; ++k) group[k] = x[k * dimension + i];
    std::memcpy(out + 4 * i, group, 4);
  }
}

/// Copies groups from [group][D] to panels of `Width` coordinates, with every byte ^ mask (x ^ 0x80 is x − 128 as a
/// signed byte). The last panel's missing coordinates keep what they had: zeros, and nobody reads their sums.
template <int Width, std::uint32_t Mask>
EIGENLENS_INLINE void scatter(const std::uint8_t* interleaved, std::int64_t dimension, std::int64_t groups,
                              std::uint8_t* out, std::int64_t stride) {
  const auto copy = [](const std::uint8_t* from, std::int64_t width, std::uint8_t* to) {
    for (std::int64_t i = 0; i < width; ++i) {
      std::uint32_t group;
      std::memcpy(&group, from + 4 * i, 4);
      group ^= Mask;
      std::memcpy(to + 4 * i, &group, 4);
    }
  };
  const std::int64_t whole = dimension / Width;
  for (std::int64_t p = 0; p < whole; ++p)
    for (std::int64_t g = 0; g < groups; ++g)
      copy(interleaved + 4 * (g * dimension + p * Width), Width, out + p * stride + 4 * g * Width);
  for (std::int64_t g = 0; whole * Width < dimension && g < groups; ++g)
    copy(interleaved + 4 * (g * dimension + whole * Width), dimension - whole * Width,
         out + whole * stride + 4 * g * Width);
}

/// D · samples bytes read and 8 · D bytes written a group, through a scratch that stays in L1 or L2.
template <class Element, int Samples, int Rows, int Cols, std::uint32_t Mask>
EIGENLENS_INLINE void pack(const std::uint8_t* x, std::int64_t dimension, std::int64_t groups,
                           const GramU8Packing& out) {
  for (std::int64_t g = 0; g < groups; ++g)
    interleave<Element, Samples>(x + g * Samples * dimension, dimension, out.scratch + 4 * g * dimension);
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
