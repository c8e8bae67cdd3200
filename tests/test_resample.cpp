// SPDX-License-Identifier: Apache-2.0
/// \file
/// The filter against its formula in double precision; where images are placed; what --resize and --crop accept.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "data/image_transform.hpp"
#include "data/resample.hpp"
#include "support/dataset_files.hpp"
#include "support/image_files.hpp"
#include "support/samples.hpp"

namespace eigenlens::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

Placement whole(const PixelSize& resized) { return {.resized = resized, .top = 0, .left = 0, .window = resized}; }

/// The formula of resample.hpp for one axis: target = Σ weight · source / Σ weight.
double weight(std::int64_t x, std::int64_t i, double source, double target) {
  const double scale = source / target;
  const double distance = std::abs(static_cast<double>(x) + 0.5 - (static_cast<double>(i) + 0.5) * scale);
  return std::max(0.0, 1 - distance / std::max(scale, 1.0));
}

double naive(const Raster& image, const PixelSize& to, std::int64_t y, std::int64_t x, std::int64_t channel) {
  double sum = 0;
  double weights = 0;
  for (std::int64_t v = 0; v < image.height; ++v) {
    for (std::int64_t u = 0; u < image.width; ++u) {
      const double w = weight(v, y, static_cast<double>(image.height), static_cast<double>(to.height)) *
                       weight(u, x, static_cast<double>(image.width), static_cast<double>(to.width));
      sum += w * image.row(v)[u * image.channels + channel];
      weights += w;
    }
  }
  return sum / weights;
}

TEST(Resample, IsTheTriangleFilter) {
  const PixelSize sizes[] = {{1, 1}, {2, 3}, {7, 5}, {16, 16}, {31, 8}, {40, 33}};
  // Half a step for each of two roundings to 8 bits; the weights' own rounding is a thousandth of that.
  constexpr double bound = 0.5 + 0.5 + 0.01;
  for (const PixelSize& from : sizes) {
    for (const PixelSize& to : sizes) {
      for (const std::int64_t channels : {1, 3}) {
        const Raster image = noise_image(from.height, from.width, channels);
        const Raster result = resample(image, whole(to));
        ASSERT_EQ(result.height, to.height);
        ASSERT_EQ(result.width, to.width);
        for (std::int64_t y = 0; y < to.height; ++y) {
          for (std::int64_t x = 0; x < to.width; ++x) {
            for (std::int64_t k = 0; k < channels; ++k) {
              ASSERT_NEAR(result.row(y)[x * channels + k], naive(image, to, y, x, k), bound)
                  << from.height << "x" << from.width << " to " << to.height << "x" << to.width;
            }
          }
        }
      }
    }
  }
}

TEST(Resample, ByHand) {
  // Halving: source pixels 0 … 2 count 3, 3, 1 for the first target pixel and 1, 3, 3 for the last of four.
  Raster image = make_raster(1, 4, 1);
  image.pixels = {70, 0, 210, 35};
  EXPECT_EQ(resample(image, whole({1, 2})).pixels, (std::vector<std::uint8_t>{60, 105}));
  // Doubling: three quarters of the nearer, one of the farther; halves go up.
  image = make_raster(2, 1, 1);
  image.pixels = {10, 20};
  EXPECT_EQ(resample(image, whole({4, 1})).pixels, (std::vector<std::uint8_t>{10, 13, 18, 20}));
}

TEST(Resample, LeavesAFlatImageFlatAtAnySize) {
  Draws draws(3);
  for (int round = 0; round < 200; ++round) {
    const PixelSize from{1 + draws.below(400), 1 + draws.below(400)};
    const PixelSize to{1 + draws.below(40), 1 + draws.below(400)};
    const auto value = static_cast<std::uint8_t>(round % 3 == 0 ? 255 : draws.below(256));
    const Raster result = resample(flat_image(from.height, from.width, {value}), whole(to));
    ASSERT_TRUE(std::all_of(result.pixels.begin(), result.pixels.end(), [&](auto pixel) { return pixel == value; }))
        << from.height << "x" << from.width << " to " << to.height << "x" << to.width;
  }
}

TEST(Resample, TheSameSizeChangesNothing) {
  const Raster image = noise_image(12, 17, 3);
  EXPECT_EQ(resample(image, whole({12, 17})).pixels, image.pixels);
}

TEST(Resample, AWindowIsAPartOfTheWhole) {
  const Raster image = noise_image(40, 50, 3);
  for (const PixelSize& resized : {PixelSize{40, 50}, PixelSize{20, 61}, PixelSize{77, 9}}) {
    const Raster all = resample(image, whole(resized));
    const Placement placement{
        .resized = resized, .top = 3, .left = 2, .window = {resized.height - 7, resized.width - 5}};
    const Raster part = resample(image, placement);
    for (std::int64_t y = 0; y < part.height; ++y) {
      ASSERT_TRUE(std::equal(part.row(y), part.row(y) + part.width * 3, all.row(y + 3) + 2 * 3));
    }
  }
}

ImageTransform transform_of(const std::string& resize, const std::string& crop) {
  return parse_transform({.resize = resize, .crop = crop});
}

PixelSize resized(const PixelSize& image, const std::string& resize) {
  return place(image, transform_of(resize, ""), "a.png").resized;
}

TEST(Placement, TheShorterSideIsGivenTheLongerFollows) {
  EXPECT_EQ(resized({375, 500}, "256"), (PixelSize{256, 341}));  // 341.33
  EXPECT_EQ(resized({500, 375}, "256"), (PixelSize{341, 256}));
  EXPECT_EQ(resized({100, 100}, "64"), (PixelSize{64, 64}));
  EXPECT_EQ(resized({3, 5}, "4"), (PixelSize{4, 6}));  // 6.67 is cut off
  EXPECT_EQ(resized({100, 300}, "20x10"), (PixelSize{20, 10}));
  EXPECT_EQ(resized({1, 60000}, "7"), (PixelSize{7, 420000}));
}

TEST(Placement, CropsLieInTheMiddle) {
  const auto corner = [](const PixelSize& image, const std::string& crop) {
    const Placement placement = place(image, transform_of("", crop), "a.png");
    return std::pair{placement.top, placement.left};
  };
  using Corner = std::pair<std::int64_t, std::int64_t>;
  EXPECT_EQ(corner({10, 20}, "4"), (Corner{3, 8}));
  EXPECT_EQ(corner({10, 20}, "10x20"), (Corner{0, 0}));
  EXPECT_EQ(corner({10, 10}, "10x3"), (Corner{0, 4}));  // 3.5 to the even 4
  EXPECT_EQ(corner({10, 10}, "5x10"), (Corner{2, 0}));  // 2.5 to the even 2
  EXPECT_EQ(corner({10, 10}, "9x7"), (Corner{0, 2}));   // 0.5, 1.5
}

TEST(Placement, TooSmallOrTooLarge) {
  const auto message = [](const PixelSize& image, const std::string& resize, const std::string& crop) {
    return error_of(ErrorCode::data, [&] { place(image, transform_of(resize, crop), "a.png"); });
  };
  EXPECT_THAT(message({10, 8}, "", "9x9"), AllOf(HasSubstr("a.png has 10 x 8 pixels (height x width), smaller than the "
                                                           "crop of 9 x 9"),
                                                 HasSubstr("--resize 9")));
  EXPECT_THAT(message({10, 20}, "5", "6"), HasSubstr("resized 5 x 10, smaller than the crop of 6 x 6"));
  EXPECT_THAT(message({1, 60000}, "60000", ""),
              HasSubstr("a.png would be resized from 1 x 60000 to 60000 x 3600000000"));
}

TEST(Placement, SizesThatAreNone) {
  for (const char* text : {"0", "-3", "x", "3x", "x3", "3x4x5", "3.5", "65536", "5x0", " 5", "five"}) {
    EXPECT_THAT(error_of(ErrorCode::usage, [&] { transform_of(text, ""); }),
                HasSubstr(std::string("resize = '") + text + "': expected one side in pixels or HEIGHTxWIDTH"));
    EXPECT_THAT(error_of(ErrorCode::usage, [&] { transform_of("", text); }), HasSubstr("crop = '"));
  }
  EXPECT_THAT(error_of(ErrorCode::usage, [] { transform_of("", "60000"); }), HasSubstr("60000 x 60000 pixels"));
}

}  // namespace
}  // namespace eigenlens::test
