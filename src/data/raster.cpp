// SPDX-License-Identifier: Apache-2.0
#include "data/raster.hpp"

#include <utility>

namespace eigenlens {

Raster make_raster(std::int64_t height, std::int64_t width, std::int64_t channels) {
  Raster image{.height = height, .width = width, .channels = channels, .pixels = {}};
  image.pixels.resize(static_cast<std::size_t>(height * width * channels));
  return image;
}

Raster with_channels(Raster image, std::int64_t channels) {
  if (image.channels == channels) return image;
  Raster result = make_raster(image.height, image.width, channels);
  const std::int64_t count = image.height * image.width;
  const std::uint8_t* from = image.pixels.data();
  std::uint8_t* to = result.pixels.data();
  if (channels == 3) {
    for (std::int64_t i = 0; i < count; ++i, to += 3) to[0] = to[1] = to[2] = from[i];
  } else {
    for (std::int64_t i = 0; i < count; ++i, from += 3) {
      to[i] = static_cast<std::uint8_t>((19595U * from[0] + 38470U * from[1] + 7471U * from[2] + 32768U) >> 16);
    }
  }
  return result;
}

Raster upright(Raster image, int orientation) {
  if (orientation == 1) return image;
  const std::int64_t h = image.height;
  const std::int64_t w = image.width;
  const bool turned = orientation >= 5;
  // Bits of what is done to the stored coordinates: where the upright image begins, and which way it is read.
  const bool from_right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool from_bottom = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  const std::int64_t c = image.channels;
  const std::int64_t along_row = from_right ? -c : c;
  const std::int64_t along_column = from_bottom ? -w * c : w * c;
  const std::int64_t step_x = turned ? along_column : along_row;
  const std::int64_t step_y = turned ? along_row : along_column;
  const std::uint8_t* line = image.pixels.data() + (from_bottom ? (h - 1) * w * c : 0) + (from_right ? (w - 1) * c : 0);
  Raster result = turned ? make_raster(w, h, c) : make_raster(h, w, c);
  std::uint8_t* to = result.pixels.data();
  for (std::int64_t y = 0; y < result.height; ++y) {
    for (std::int64_t x = 0; x < result.width; ++x) {
      const std::uint8_t* from = line + y * step_y + x * step_x;
      for (std::int64_t k = 0; k < c; ++k) *to++ = from[k];
    }
  }
  return result;
}

void write_planar(const Raster& image, std::byte* target) {
  const std::int64_t count = image.height * image.width;
  for (std::int64_t k = 0; k < image.channels; ++k) {
    const std::uint8_t* from = image.pixels.data() + k;
    for (std::int64_t i = 0; i < count; ++i, from += image.channels) *target++ = static_cast<std::byte>(*from);
  }
}

Raster from_planar(const std::uint8_t* planar, std::int64_t channels, std::int64_t height, std::int64_t width) {
  Raster image = make_raster(height, width, channels);
  for (std::int64_t k = 0; k < channels; ++k) {
    std::uint8_t* to = image.pixels.data() + k;
    for (std::int64_t i = 0; i < height * width; ++i, to += channels) *to = *planar++;
  }
  return image;
}

}  // namespace eigenlens
