// SPDX-License-Identifier: Apache-2.0
#include "data/image_transform.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>

#include "eigenlens/error.hpp"

namespace eigenlens {

namespace {

constexpr std::int64_t kMostSide = 65535;  // the longest side of a JPEG

std::optional<std::int64_t> parse_side(std::string_view text) {
  std::int64_t side = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), side);
  const bool good = error == std::errc{} && end == text.data() + text.size() && side >= 1 && side <= kMostSide;
  return good ? std::optional(side) : std::nullopt;
}

struct SideOrSize {
  std::optional<std::int64_t> side;
  std::optional<PixelSize> size;
};

SideOrSize parse_size(const char* option, const std::string& text) {
  const std::string_view view = text;
  const std::size_t x = view.find('x');
  SideOrSize result;
  if (x == std::string_view::npos) {
    result.side = parse_side(view);
  } else if (const auto height = parse_side(view.substr(0, x)), width = parse_side(view.substr(x + 1));
             height && width) {
    result.size = PixelSize{*height, *width};
  }
  if (!result.side && !result.size) {
    throw Error(ErrorCode::usage, fmt::format("{} = '{}': expected one side in pixels or HEIGHTxWIDTH, each 1 to {}",
                                              option, text, kMostSide));
  }
  return result;
}

/// (n − m) / 2, halves to the even neighbour.
std::int64_t margin(std::int64_t whole, std::int64_t part) {
  const std::int64_t half = (whole - part) / 2;
  return (whole - part) % 2 != 0 && half % 2 != 0 ? half + 1 : half;
}

PixelSize resized_size(const PixelSize& image, const ImageTransform& transform) {
  if (transform.resize) return *transform.resize;
  if (transform.shorter == 0) return image;
  const std::int64_t shorter = std::min(image.height, image.width);
  return {transform.shorter * image.height / shorter, transform.shorter * image.width / shorter};
}

}  // namespace

ImageTransform parse_transform(const OpenOptions& options) {
  ImageTransform transform;
  if (!options.resize.empty()) {
    const SideOrSize given = parse_size("resize", options.resize);
    transform.shorter = given.side.value_or(0);
    transform.resize = given.size;
  }
  if (!options.crop.empty()) {
    const SideOrSize given = parse_size("crop", options.crop);
    transform.crop = given.size ? *given.size : PixelSize{*given.side, *given.side};
  }
  const auto area = transform.fixed_size().value_or(PixelSize{});
  if (area.height * area.width > kMostPixels) {
    throw Error(ErrorCode::usage,
                fmt::format("images of {} x {} pixels: expected at most {}", area.height, area.width, kMostPixels));
  }
  if (options.colour == "rgb") transform.colour = ColourChoice::rgb;
  if (options.colour == "grey") transform.colour = ColourChoice::grey;
  return transform;
}

Placement place(const PixelSize& image, const ImageTransform& transform, const std::string& path) {
  Placement placement{.resized = resized_size(image, transform), .top = 0, .left = 0, .window = {}};
  const PixelSize& resized = placement.resized;
  placement.window = transform.crop.value_or(resized);
  const PixelSize& window = placement.window;
  if (window.height > resized.height || window.width > resized.width) {
    throw Error(ErrorCode::data,
                fmt::format("{} has {} x {} pixels (height x width){}, smaller than the crop of {} x {}: resize the "
                            "images first (--resize {})",
                            path, image.height, image.width,
                            resized == image ? "" : fmt::format(", resized {} x {}", resized.height, resized.width),
                            window.height, window.width, std::max(window.height, window.width)));
  }
  if (window.width > kMostPixels / window.height || std::max(resized.height, resized.width) > kMostPixels) {
    throw Error(ErrorCode::data,
                fmt::format("{} would be resized from {} x {} to {} x {} pixels: expected at most {}", path,
                            image.height, image.width, resized.height, resized.width, kMostPixels));
  }
  placement.top = margin(resized.height, window.height);
  placement.left = margin(resized.width, window.width);
  return placement;
}

void decode_sample(ImageDecoder& decoder, const Placement& placement, std::int64_t channels, std::byte* target) {
  Raster image = with_channels(decoder.decode(), channels);
  write_planar(resample(upright(std::move(image), decoder.header().orientation), placement), target);
}

}  // namespace eigenlens
