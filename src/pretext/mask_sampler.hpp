// SPDX-License-Identifier: Apache-2.0
/// \file
/// Masks of a grid of patches, drawn: the same bits on every machine (docs/masks.md).
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "eigenlens/pretext.hpp"

namespace eigenlens {

/// The patches of an image; the last row and column may be smaller ones.
struct PatchGrid {
  std::int64_t rows = 0;
  std::int64_t cols = 0;
  [[nodiscard]] std::int64_t size() const { return rows * cols; }
};

PatchGrid patch_grid(const Pretext& pretext, const ImageShape& shape);

/// 1 where a patch is shown; row by row, as mask_groups numbers patches.
using PatchMask = std::vector<std::uint8_t>;

/// A rectangle of patches.
struct Rectangle {
  std::int64_t top, left, height, width;
};
void fill(PatchMask& mask, const PatchGrid& grid, const Rectangle& rectangle, std::uint8_t value);

/// How many masks grid, centre and crop have, all equally likely, and each of them.
std::int64_t mask_count(const Pretext& pretext, const PatchGrid& grid);
PatchMask mask_at(const Pretext& pretext, const PatchGrid& grid, std::int64_t index);

/// Masks of blocks and multiblock, one after the other. Only integers, square roots and single products and sums, which
/// IEEE arithmetic rounds in one way, stand between the generator's bits and a mask.
class MaskSampling {
 public:
  /// The sampler's seed; the pretext must fit the grid.
  MaskSampling(const Pretext& pretext, const PatchGrid& grid);
  /// P entries.
  const PatchMask& next();

 private:
  double uniform(double low, double high);
  double log_uniform(double low, double high);
  std::int64_t below(std::int64_t n);
  Rectangle placed(double area, double aspect);
  std::int64_t hide_block(double largest);
  void draw_blocks();
  void draw_multiblock();

  Pretext pretext_;
  PatchGrid grid_;
  PatchMask mask_;
  std::int64_t hidden_ = 0;    ///< blocks: patches to hide
  std::int64_t smallest_ = 0;  ///< blocks
  std::mt19937_64 engine_;
};

}  // namespace eigenlens
