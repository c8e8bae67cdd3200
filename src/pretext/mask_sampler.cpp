// SPDX-License-Identifier: Apache-2.0
#include "pretext/mask_sampler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "eigenlens/error.hpp"
#include "host/index.hpp"

namespace eigenlens {
namespace {

/// BEiT hides at least 16 of 14 × 14 patches at a time.
constexpr double published_share = 16.0 / 196.0;
/// BEiT gives up a block, and with it the mask, after so many places that did not fit.
constexpr int most_attempts = 10;
/// Height / width of BEiT's blocks.
constexpr double widest = 0.3, tallest = 1 / 0.3;

std::int64_t rounded(double value) { return static_cast<std::int64_t>(std::floor(value + 0.5)); }

}  // namespace

PatchGrid patch_grid(const Pretext& pretext, const ImageShape& shape) {
  return {(shape.height + pretext.patch_height - 1) / pretext.patch_height,
          (shape.width + pretext.patch_width - 1) / pretext.patch_width};
}

void fill(PatchMask& mask, const PatchGrid& grid, const Rectangle& r, std::uint8_t value) {
  for (std::int64_t row = r.top; row < r.top + r.height; ++row)
    std::fill_n(mask.begin() + row * grid.cols + r.left, r.width, value);
}

std::int64_t mask_count(const Pretext& pretext, const PatchGrid& grid) {
  const MaskSampler& sampler = pretext.sampler;
  if (pretext.kind == PretextKind::grid) return sampler.offset == GridOffset::fixed ? 1 : sampler.every * sampler.every;
  if (pretext.kind == PretextKind::centre) return 1;
  return (grid.rows - sampler.height + 1) * (grid.cols - sampler.width + 1);
}

PatchMask mask_at(const Pretext& pretext, const PatchGrid& grid, std::int64_t index) {
  const MaskSampler& sampler = pretext.sampler;
  PatchMask mask(at(grid.size()));
  if (pretext.kind == PretextKind::grid) {
    const std::int64_t n = sampler.every;
    for (std::int64_t row = index / n; row < grid.rows; row += n)
      for (std::int64_t col = index % n; col < grid.cols; col += n) mask[at(row * grid.cols + col)] = 1;
    return mask;
  }
  const std::int64_t down = grid.rows - sampler.height, across = grid.cols - sampler.width;
  if (pretext.kind == PretextKind::centre) {
    const bool inside = sampler.hidden == HiddenSide::inside;
    mask.assign(mask.size(), inside ? 1 : 0);
    fill(mask, grid, {down / 2, across / 2, sampler.height, sampler.width}, inside ? 0 : 1);
    return mask;
  }
  fill(mask, grid, {index / (across + 1), index % (across + 1), sampler.height, sampler.width}, 1);
  return mask;
}

MaskSampling::MaskSampling(const Pretext& pretext, const PatchGrid& grid)
    : pretext_(pretext), grid_(grid), engine_(static_cast<std::uint64_t>(pretext.sampler.seed)) {
  const auto patches = static_cast<double>(grid.size());
  hidden_ = rounded(pretext.ratio * patches);
  smallest_ = pretext.sampler.smallest;
  if (smallest_ == 0) smallest_ = std::clamp<std::int64_t>(rounded(published_share * patches), 1, 16);
}

const PatchMask& MaskSampling::next() {
  if (pretext_.kind == PretextKind::blocks) {
    draw_blocks();
  } else {
    constexpr int most_empty = 10000;  // a mask that hides everything shows nothing to learn from
    for (int empty = 0;; ++empty) {
      draw_multiblock();
      if (std::find(mask_.begin(), mask_.end(), 1) != mask_.end()) break;
      if (empty == most_empty)
        throw Error(ErrorCode::usage, fmt::format("pretext '{}': {} masks in a row show nothing: the blocks cut out "
                                                  "leave none of the context",
                                                  pretext_.to_string(), most_empty));
    }
  }
  return mask_;
}

double MaskSampling::uniform(double low, double high) {
  return std::fma(static_cast<double>(engine_() >> 11) * 0x1.0p-53, high - low, low);
}

/// low·(high / low)^u with u of 16 bits, from square roots: a library's exp is not the same everywhere.
double MaskSampling::log_uniform(double low, double high) {
  double value = low, power = high / low;
  std::uint64_t bits = engine_() >> 48;
  for (int i = 0; i < 16; ++i, bits <<= 1) {
    power = std::sqrt(power);
    if ((bits & 0x8000) != 0) value *= power;
  }
  return value;
}

std::int64_t MaskSampling::below(std::int64_t n) {
  return static_cast<std::int64_t>((engine_() >> 32) * static_cast<std::uint64_t>(n) >> 32);
}

/// A rectangle of about this many patches and height / width, at most the grid, somewhere on it.
Rectangle MaskSampling::placed(double area, double aspect) {
  Rectangle r{};
  r.height = std::clamp<std::int64_t>(rounded(std::sqrt(area * aspect)), 1, grid_.rows);
  r.width = std::clamp<std::int64_t>(rounded(std::sqrt(area / aspect)), 1, grid_.cols);
  r.top = below(grid_.rows - r.height + 1);
  r.left = below(grid_.cols - r.width + 1);
  return r;
}

/// Hides one more block that hides `largest` more patches or fewer; how many it hid, 0 if none was found.
std::int64_t MaskSampling::hide_block(double largest) {
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    const double area = uniform(static_cast<double>(smallest_), largest);
    const Rectangle block = placed(area, log_uniform(widest, tallest));
    std::int64_t fresh = 0;
    for (std::int64_t row = block.top; row < block.top + block.height; ++row)
      for (std::int64_t col = block.left; col < block.left + block.width; ++col)
        fresh += mask_[at(row * grid_.cols + col)];
    if (fresh == 0 || static_cast<double>(fresh) > largest) continue;
    fill(mask_, grid_, block, 0);
    return fresh;
  }
  return 0;
}

void MaskSampling::draw_blocks() {
  mask_.assign(at(grid_.size()), 1);
  std::int64_t left = hidden_;
  while (left > 0) {
    const std::int64_t fresh = hide_block(static_cast<double>(left));
    if (fresh == 0) break;
    left -= fresh;
  }
}

void MaskSampling::draw_multiblock() {
  const MaskSampler& sampler = pretext_.sampler;
  const auto patches = static_cast<double>(grid_.size());
  mask_.assign(at(grid_.size()), 0);
  fill(mask_, grid_, placed(patches * uniform(sampler.context.low, sampler.context.high), 1), 1);
  // The targets of one image are of one size.
  const double area = patches * uniform(sampler.target.low, sampler.target.high);
  const double aspect = uniform(sampler.aspect.low, sampler.aspect.high);
  for (std::int64_t i = 0; i < sampler.targets; ++i) fill(mask_, grid_, placed(area, aspect), 0);
}

}  // namespace eigenlens
