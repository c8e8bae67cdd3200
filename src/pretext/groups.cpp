// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "eigenlens/error.hpp"
#include "eigenlens/mask_moments.hpp"
#include "eigenlens/pretext.hpp"

namespace eigenlens {
namespace {

std::vector<std::int32_t> patch_groups(const Pretext& pretext, const ImageShape& shape) {
  if (pretext.patch_height < 1 || pretext.patch_width < 1)
    throw Error(ErrorCode::usage, fmt::format("pretext '{}': a patch of {}x{}: expected at least one pixel each way",
                                              pretext.to_string(), pretext.patch_height, pretext.patch_width));
  if (pretext.patch_height > shape.height || pretext.patch_width > shape.width)
    throw Error(ErrorCode::usage,
                fmt::format("pretext '{}': a patch of {}x{} does not fit an image of {}x{} (height x width)",
                            pretext.to_string(), pretext.patch_height, pretext.patch_width, shape.height, shape.width));
  // The last row and column of patches are the smaller ones where the patch does not divide the image.
  const std::int64_t across = (shape.width + pretext.patch_width - 1) / pretext.patch_width;
  const std::int64_t down = (shape.height + pretext.patch_height - 1) / pretext.patch_height;
  const std::int64_t per_channel = pretext.channels == ChannelMode::separate ? across * down : 0;
  std::vector<std::int32_t> groups;
  groups.reserve(static_cast<std::size_t>(shape.size()));
  for (std::int64_t c = 0; c < shape.channels; ++c)
    for (std::int64_t y = 0; y < shape.height; ++y)
      for (std::int64_t x = 0; x < shape.width; ++x)
        groups.push_back(
            static_cast<std::int32_t>(c * per_channel + y / pretext.patch_height * across + x / pretext.patch_width));
  return groups;
}

}  // namespace

std::vector<std::int32_t> mask_groups(const Pretext& pretext, const ImageShape& shape) {
  if (pretext.kind == PretextKind::mask || pretext.kind == PretextKind::keep || has_mask_moments(pretext.kind))
    return patch_groups(pretext, shape);
  std::vector<std::int32_t> groups(static_cast<std::size_t>(shape.size()));
  for (std::size_t i = 0; i < groups.size(); ++i) groups[i] = static_cast<std::int32_t>(i);
  return groups;
}

}  // namespace eigenlens
