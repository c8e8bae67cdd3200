// SPDX-License-Identifier: Apache-2.0
/// \file
/// L_B⁻¹W, L_B U and L_B^{-T}U for blocks of up to 64 coordinates: (18) to (23) of docs/math.md.
#pragma once

#include <cstdint>

#include "kernels/host_device.hpp"
#include "kernels/launch.hpp"

namespace eigenlens::kernels {

/// Where L(i, k), i ≥ k, lies in a lower trapezoid that is packed row by row.
EIGENLENS_HOST_DEVICE inline std::int64_t packed(std::int64_t i, std::int64_t k) { return i * (i + 1) / 2 + k; }

/// y (rank) ← L⁻¹ y, in place. l: packed.
EIGENLENS_HOST_DEVICE inline void solve_column(const double* l, std::int64_t rank, double* y) {
  for (std::int64_t i = 0; i < rank; ++i) {
    double sum = y[i];
    for (std::int64_t k = 0; k < i; ++k) sum -= l[packed(i, k)] * y[k];
    y[i] = sum / l[packed(i, i)];
  }
}

/// y (rank) ← L^{-T} y, in place.
EIGENLENS_HOST_DEVICE inline void solve_transposed_column(const double* l, std::int64_t rank, double* y) {
  for (std::int64_t k = rank - 1; k >= 0; --k) {
    double sum = y[k];
    for (std::int64_t i = k + 1; i < rank; ++i) sum -= l[packed(i, k)] * y[i];
    y[k] = sum / l[packed(k, k)];
  }
}

/// y (size) ← L y (rank), in place: from the last row up, because row i needs no row below it.
EIGENLENS_HOST_DEVICE inline void multiply_column(const double* l, std::int64_t size, std::int64_t rank, double* y) {
  for (std::int64_t i = size - 1; i >= 0; --i) {
    double sum = 0;
    for (std::int64_t k = 0; k <= i && k < rank; ++k) sum += l[packed(i, k)] * y[k];
    y[i] = sum;
  }
}

/// What is done to the columns of a block.
enum class BlockWork { solve, multiply, solve_transposed };

EIGENLENS_HOST_DEVICE inline void work_on_column(BlockWork work, const double* l, std::int64_t size, std::int64_t rank,
                                                 double* y) {
  if (work == BlockWork::solve) {
    solve_column(l, rank, y);
  } else if (work == BlockWork::multiply) {
    multiply_column(l, size, rank, y);
  } else {
    solve_transposed_column(l, rank, y);
  }
}

/// A small block and its place in a bundle of blocks that are worked on together.
struct BundledBlock {
  std::int64_t row;        ///< of its coordinates in `index`
  std::int64_t direction;  ///< of its first independent direction
  std::int64_t value;      ///< of its L in `l`
  std::int32_t size, rank;
  std::int32_t start;         ///< of its rows in the bundle
  std::int32_t packed_start;  ///< of its packed L in the bundle
};

/// Blocks first … first + count − 1, of 64 rows in all at most.
struct Bundle {
  std::int64_t first;
  std::int64_t count;
};

inline constexpr std::int64_t bundle_rows = 64;

/// Matrices of the work. Rows of coordinates go through `index`, those of directions are in order; where `index` is
/// null, `solve` takes rows of directions and x may be w.
struct BlockOperands {
  const std::int64_t* index;
  const double* l;
  const double* w;
  std::int64_t ldw;
  double* x;
  std::int64_t ldx;
  std::int64_t columns;
};

/// Rows that belong to no small block are left as they are: so are dependent ones by solve_transposed.
Status work_on_small_blocks(BlockWork work, const BundledBlock* blocks, const Bundle* bundles, std::int64_t count,
                            const BlockOperands& operands, Stream stream);

}  // namespace eigenlens::kernels
