// SPDX-License-Identifier: Apache-2.0
/// \file
/// A = QTQᵀ with T tridiagonal, for a batch of symmetric matrices, one column of all of them at a time: (103) to (107)
/// of docs/math.md. The matrices are reduced from their large end, so that small entries of a graded one stay exact.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/host_device.hpp"
#include "kernels/launch.hpp"

namespace eigenlens::kernels {

/// Columns that are reduced before the trailing matrix is brought up to date.
inline constexpr std::int64_t panel_width = 32;
/// Rows and columns of a tile of a symmetric product.
inline constexpr std::int64_t product_tile = 64;
/// Rows of a block of the other steps.
inline constexpr std::int64_t reduction_rows = 256;

EIGENLENS_HOST_DEVICE inline std::int64_t product_tiles(std::int64_t n) {
  return (n + product_tile - 1) / product_tile;
}
EIGENLENS_HOST_DEVICE inline std::int64_t reduction_blocks(std::int64_t n) {
  return (n + reduction_rows - 1) / reduction_rows;
}

/// What a batch works on, all of it on the device. A lane's share of an array follows that of the lane before it.
struct Reduction {
  std::int64_t n = 0;  ///< ≥ 1
  std::int64_t lanes = 0;
  double* const* a = nullptr;  ///< lanes: n × n; the lower triangle is read, reflectors are left below the diagonal
  double* panel = nullptr;     ///< n × 3·panel_width: V, W and V again, rows of the trailing matrix
  double* partial = nullptr;   ///< n × product_tiles(n)
  double* raw = nullptr;       ///< n: τAv
  double* sums = nullptr;      ///< reduction_blocks(n) × 2: of squares, of products
  double* dots = nullptr;      ///< panel_width × 2: Wᵀv, Vᵀv
  double* d = nullptr;         ///< n: the diagonal of T
  double* e = nullptr;         ///< n: below it; the last is not written
  double* tau = nullptr;       ///< n; the last is not written
};

/// I − τvvᵀ takes (α, x) to (β, 0), v = (1, scale·x).
struct Reflector {
  double beta, tau, scale;
};

/// A column of this square is at most 1e-40 of the largest entry, which is at least 1e-100.
inline constexpr double negligible_square = 1e-280;

/// (103); square = ‖x‖². What is negligible is taken for 0: of squares near the end of float64's range digits are lost,
/// and I − τvvᵀ would not be orthogonal.
EIGENLENS_HOST_DEVICE inline Reflector reflector_of(double alpha, double square) {
  if (square < negligible_square) return {alpha, 0, 0};
  const double beta = -std::copysign(std::sqrt(alpha * alpha + square), alpha);
  return {beta, (beta - alpha) / beta, 1 / (alpha - beta)};
}

/// Tile (row, column) of a lower triangle.
struct TilePlace {
  std::int64_t row, column;
};

/// Number `index` of the tiles of a lower triangle, row by row.
EIGENLENS_HOST_DEVICE inline TilePlace tile_place(std::int64_t index) {
  auto row = static_cast<std::int64_t>((std::sqrt(8.0 * static_cast<double>(index) + 1) - 1) / 2);
  while (row * (row + 1) / 2 > index) --row;
  while ((row + 1) * (row + 2) / 2 <= index) ++row;
  return {row, index - row * (row + 1) / 2};
}

/// Column j of every lane becomes that of T and a reflector; `done` columns of its panel are reduced before it: w of
/// the one before is finished (107), the column brought up to date (105), v made (103), and τAv (104). For j = n − 1
/// only the diagonal is left. About 2(n − j)² flops and 4(n − j)² bytes a lane.
Status reduce_column(const Reduction& reduction, std::int64_t j, std::int64_t done, Stream stream);

/// W of the last of `done` columns of a panel, of which it was column j: (107). Then A ← A − VWᵀ − WVᵀ is due.
Status finish_panel(const Reduction& reduction, std::int64_t j, std::int64_t done, Stream stream);

}  // namespace eigenlens::kernels
