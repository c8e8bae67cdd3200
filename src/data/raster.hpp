// SPDX-License-Identifier: Apache-2.0
/// \file
/// A decoded image, and what is done to it that needs no filter: one colour form, upright, channel-major.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace eigenlens {

/// A file that declares more pixels is refused before anything is allocated.
inline constexpr std::int64_t kMostPixels = std::int64_t{1} << 28;

/// Rows from the top, pixels from the left, one (grey) or three (R, G, B) bytes a pixel.
struct Raster {
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::int64_t channels = 0;
  std::vector<std::uint8_t> pixels;  ///< height × width × channels

  [[nodiscard]] const std::uint8_t* row(std::int64_t y) const noexcept { return pixels.data() + y * width * channels; }
  [[nodiscard]] std::uint8_t* row(std::int64_t y) noexcept { return pixels.data() + y * width * channels; }
};

Raster make_raster(std::int64_t height, std::int64_t width, std::int64_t channels);

/// Grey to RGB by repetition; RGB to grey by the luma of ITU-R 601 in integers,
/// (19595 R + 38470 G + 7471 B + 32768) >> 16.
Raster with_channels(Raster image, std::int64_t channels);

/// Undoes an EXIF orientation (1 to 8; 1: as it is): 5 to 8 exchange height and width.
Raster upright(Raster image, int orientation);

/// Writes channel after channel: channels × height × width bytes.
void write_planar(const Raster& image, std::byte* target);

/// Undoes write_planar.
Raster from_planar(const std::uint8_t* planar, std::int64_t channels, std::int64_t height, std::int64_t width);

}  // namespace eigenlens
