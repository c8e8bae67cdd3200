// SPDX-License-Identifier: Apache-2.0
/// \file
/// What the options resize, crop and colour make of an image.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "data/image_decoder.hpp"
#include "data/resample.hpp"
#include "eigenlens/dataset.hpp"

namespace eigenlens {

enum class ColourChoice { automatic, rgb, grey };

struct ImageTransform {
  std::int64_t shorter = 0;         ///< the shorter side after resizing, aspect kept; 0: see `resize`
  std::optional<PixelSize> resize;  ///< both sides after resizing
  std::optional<PixelSize> crop;
  ColourChoice colour = ColourChoice::automatic;

  /// The size that every image gets, if it does not depend on the image.
  [[nodiscard]] std::optional<PixelSize> fixed_size() const { return crop ? crop : resize; }
};

/// Reads options.resize and options.crop ("S" or "HxW") and options.colour. Throws Error(usage).
ImageTransform parse_transform(const OpenOptions& options);

/// Where an image of this size (upright) goes. The longer side becomes ⌊S·longer/shorter⌋; a crop lies in the middle,
/// an odd difference being halved to the even neighbour. Throws Error(data) if the image is smaller than the crop or
/// becomes larger than kMostPixels.
Placement place(const PixelSize& image, const ImageTransform& transform, const std::string& path);

/// Decodes, brings to `channels`, upright, to its place, and writes channels × height × width bytes.
void decode_sample(ImageDecoder& decoder, const Placement& placement, std::int64_t channels, std::byte* target);

}  // namespace eigenlens
