// SPDX-License-Identifier: Apache-2.0
#include "data/contact_sheet.hpp"

#include <algorithm>

#include "host/index.hpp"

namespace eigenlens {

namespace {

constexpr std::int64_t kLine = 2;       // pixels between two images, and around all
constexpr std::int64_t kReadable = 84;  // pixels that the longer side of an image shall have
constexpr std::uint8_t kGrey = 160;

/// Copies an image into the sheet, its first pixel at (top, left), each pixel as a square of `scale`.
void place(const Raster& image, std::int64_t top, std::int64_t left, std::int64_t scale, Raster& sheet) {
  const std::int64_t c = image.channels;
  for (std::int64_t y = 0; y < image.height * scale; ++y) {
    const std::uint8_t* from = image.row(y / scale);
    std::uint8_t* to = sheet.row(top + y) + left * c;
    for (std::int64_t x = 0; x < image.width * scale; ++x, to += c) std::copy_n(from + x / scale * c, c, to);
  }
}

}  // namespace

Raster contact_sheet(const std::vector<std::vector<std::uint8_t>>& rows, const ImageShape& shape) {
  std::int64_t columns = 0;
  for (const auto& row : rows) columns = std::max(columns, static_cast<std::int64_t>(row.size()) / shape.size());
  const std::int64_t scale = std::max<std::int64_t>(1, kReadable / std::max(shape.height, shape.width));
  const std::int64_t height = shape.height * scale + kLine, width = shape.width * scale + kLine;
  Raster sheet =
      make_raster(kLine + static_cast<std::int64_t>(rows.size()) * height, kLine + columns * width, shape.channels);
  std::fill(sheet.pixels.begin(), sheet.pixels.end(), kGrey);
  for (std::size_t r = 0; r < rows.size(); ++r) {
    for (std::int64_t i = 0; i < static_cast<std::int64_t>(rows[r].size()) / shape.size(); ++i) {
      const Raster image = from_planar(rows[r].data() + i * shape.size(), shape.channels, shape.height, shape.width);
      place(image, kLine + static_cast<std::int64_t>(r) * height, kLine + i * width, scale, sheet);
    }
  }
  return sheet;
}

}  // namespace eigenlens
