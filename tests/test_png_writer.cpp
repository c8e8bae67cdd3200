// SPDX-License-Identifier: Apache-2.0
/// \file
/// What is written as PNG is what is read, and pictures of many images.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "data/contact_sheet.hpp"
#include "data/image_decoder.hpp"
#include "data/png_writer.hpp"
#include "support/dataset_files.hpp"
#include "support/image_files.hpp"

namespace eigenlens::test {
namespace {

using ::testing::HasSubstr;

Raster decoded(const std::string& file) {
  const std::vector<unsigned char> bytes(file.begin(), file.end());
  return open_image(bytes, "written.png")->decode();
}

TEST(PngWriter, WhatIsWrittenIsRead) {
  for (const std::int64_t channels : {1, 3}) {
    for (const auto& [height, width] : {std::pair{1, 1}, {1, 7}, {5, 3}, {33, 64}, {129, 31}}) {
      const Raster image = noise_image(height, width, channels, 5);
      const Raster back = decoded(encode_png(image));
      EXPECT_EQ(back.height, height);
      EXPECT_EQ(back.width, width);
      EXPECT_EQ(back.channels, channels);
      EXPECT_EQ(back.pixels, image.pixels);
    }
  }
}

TEST(PngWriter, RefusesWhatNoPngIs) {
  EXPECT_THAT(error_of(ErrorCode::usage, [] { encode_png(make_raster(2, 2, 2)); }), HasSubstr("2 channels"));
  EXPECT_THAT(error_of(ErrorCode::usage, [] { encode_png(Raster{}); }), HasSubstr("0 x 0 pixels"));
}

TEST(Raster, PlanarAndBack) {
  const Raster image = noise_image(3, 5, 3, 2);
  const std::string bytes = planar(image);
  EXPECT_EQ(from_planar(reinterpret_cast<const std::uint8_t*>(bytes.data()), 3, 3, 5).pixels, image.pixels);
}

TEST(ContactSheet, PlacesEveryImage) {
  // Two rows, of three and of two images of 2 × 3 pixels: squares of 28 pixels, lines of 2.
  const ImageShape shape{3, 2, 3};
  std::vector<std::vector<std::uint8_t>> rows(2);
  for (std::int64_t i = 0; i < 5 * shape.size(); ++i) rows[i < 3 * shape.size() ? 0 : 1].push_back(std::uint8_t(i));
  const Raster sheet = contact_sheet(rows, shape);
  const std::int64_t scale = 28, line = 2;
  ASSERT_EQ(sheet.height, line + 2 * (2 * scale + line));
  ASSERT_EQ(sheet.width, line + 3 * (3 * scale + line));
  ASSERT_EQ(sheet.channels, 3);
  for (std::int64_t y = 0; y < sheet.height; ++y) {
    for (std::int64_t x = 0; x < sheet.width; ++x) {
      const std::int64_t row = y / (2 * scale + line), column = x / (3 * scale + line);
      const std::int64_t in_y = y % (2 * scale + line) - line, in_x = x % (3 * scale + line) - line;
      const bool image = in_y >= 0 && in_x >= 0 && (row == 0 || column < 2);
      for (std::int64_t c = 0; c < 3; ++c) {
        const std::int64_t index = column * shape.size() + c * 6 + in_y / scale * 3 + in_x / scale;
        const int expected = image ? rows[static_cast<std::size_t>(row)][static_cast<std::size_t>(index)] : 160;
        ASSERT_EQ(sheet.row(y)[x * 3 + c], expected) << y << ", " << x << ", " << c;
      }
    }
  }
}

TEST(ContactSheet, LargeImagesAreNotMagnified) {
  const ImageShape shape{1, 90, 4};
  const Raster sheet = contact_sheet({std::vector<std::uint8_t>(360, 7)}, shape);
  EXPECT_EQ(sheet.height, 94);
  EXPECT_EQ(sheet.width, 8);
}

}  // namespace
}  // namespace eigenlens::test
