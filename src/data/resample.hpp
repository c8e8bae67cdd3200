// SPDX-License-Identifier: Apache-2.0
/// \file
/// Changing the size of an image: a triangle filter in fixed point, the same bits on every machine.
#pragma once

#include "data/raster.hpp"

namespace eigenlens {

struct PixelSize {
  std::int64_t height = 0;
  std::int64_t width = 0;
  bool operator==(const PixelSize&) const = default;
};

/// A window of the image after it was resized.
struct Placement {
  PixelSize resized;
  std::int64_t top = 0;
  std::int64_t left = 0;
  PixelSize window;
};

/// The window of the resized image; only what it needs is computed.
///
/// Bilinear with antialiasing (docs/datasets.md): along an axis of n source and m target pixels, source pixel x counts
/// for target pixel i with the weight max(0, 1 − |(x + ½) − (i + ½)n/m| / max(n/m, 1)). Weights are computed in whole
/// numbers, divided by their sum and rounded to 22 bits; columns first, then rows, each rounded to 8 bits, halves up.
/// Cost: about 2·max(n/m, 1) multiply-adds a value and axis. Sizes are at most 2²⁸.
Raster resample(const Raster& image, const Placement& placement);

}  // namespace eigenlens
