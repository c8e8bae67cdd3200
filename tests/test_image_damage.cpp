// SPDX-License-Identifier: Apache-2.0
/// \file
/// Damaged image files: an error that names the file, never a crash, never half a picture.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "data/image_decoder.hpp"
#include "eigenlens/error.hpp"
#include "support/dataset_files.hpp"
#include "support/image_files.hpp"
#include "support/samples.hpp"

namespace eigenlens::test {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

void decode(const std::string& file) {
  const auto decoder = open_image({reinterpret_cast<const unsigned char*>(file.data()), file.size()}, "x.img");
  const Raster image = decoder->decode();
  const ImageHeader& header = decoder->header();
  EXPECT_EQ(image.height * image.width, header.height * header.width);
  EXPECT_EQ(image.channels, header.colour == Colour::rgb ? 3 : 1);
  EXPECT_EQ(static_cast<std::int64_t>(image.pixels.size()), image.height * image.width * image.channels);
}

/// True if the file was refused, in the words of the house.
bool refused(const std::string& file) {
  try {
    decode(file);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::data);
    EXPECT_THAT(error.what(), StartsWith("x.img"));
    return true;
  }
  return false;
}

std::vector<std::string> good_files() {
  const Raster rgb = noise_image(19, 23, 3);
  const std::string app1 = exif_marker(6);
  return {jpeg_file(rgb),
          jpeg_file(noise_image(19, 23, 1)),
          jpeg_file(rgb, {.scan = JpegScan::progressive, .app1 = app1}),
          jpeg_file(noise_image(9, 8, 4), {.form = JpegForm::ycck}),
          png_file(rgb),
          png_file(rgb, {.exif = exif_structure(3), .interlaced = true}),
          png_file(flat_image(9, 9, {1}), {.bits = 2, .palette = std::string(12, 'a'), .opacity = "\xff"})};
}

TEST(ImageDamage, EveryTruncationIsFound) {
  for (const std::string& file : good_files()) {
    ASSERT_FALSE(refused(file));
    for (std::size_t length = 1; length < file.size(); ++length) {
      ASSERT_TRUE(refused(file.substr(0, length))) << length << " of " << file.size() << " bytes";
    }
  }
}

TEST(ImageDamage, TheDecodersReasonIsGiven) {
  const auto message = [](const std::string& file) { return error_of(ErrorCode::data, [&] { decode(file); }); };
  const std::string jpeg = jpeg_file(noise_image(19, 23, 3));
  EXPECT_THAT(message(jpeg.substr(0, jpeg.size() - 2)), HasSubstr("x.img is damaged: Premature end of JPEG file"));
  std::string extra = jpeg;
  extra.insert(extra.size() - 2, std::string(100, 'j'));
  EXPECT_THAT(message(extra),
              MatchesRegex("x.img is damaged: Corrupt JPEG data: [0-9]+ extraneous bytes before marker 0xd9"));
  std::string png = png_file(noise_image(19, 23, 3));
  EXPECT_THAT(message(png.substr(0, png.size() - 1)), HasSubstr("x.img is damaged: the file ends too early"));
  png[png.size() / 2] = static_cast<char>(png[png.size() / 2] ^ 1);
  EXPECT_THAT(message(png), HasSubstr("x.img is damaged: IDAT: "));
}

TEST(ImageDamage, WhatFollowsTheImageIsNotLookedAt) {
  for (const std::string& file : good_files()) EXPECT_FALSE(refused(file + "and more"));
}

TEST(ImageDamage, EveryChangedByteOfAPngIsFound) {
  const std::string file = png_file(noise_image(9, 11, 3));
  for (std::size_t at = 0; at < file.size(); ++at) {
    for (const int bit : {0, 5, 7}) {
      std::string damaged = file;
      damaged[at] = static_cast<char>(damaged[at] ^ 1 << bit);
      ASSERT_TRUE(refused(damaged)) << "byte " << at << ", bit " << bit;
    }
  }
}

/// Passed over, a damaged table of opacity would make a transparent image an opaque one.
TEST(ImageDamage, ADamagedChunkThatMattersIsFound) {
  const std::string whole =
      png_file(flat_image(4, 4, {1}), {.palette = std::string("\1\2\3\4\5\6", 6), .opacity = std::string("\0\0", 2)});
  const std::size_t at = whole.find("tRNS");
  ASSERT_NE(at, std::string::npos);
  for (std::size_t k = at + 4; k < at + 10; ++k) {  // its two values and its checksum
    std::string changed = whole;
    changed[k] = static_cast<char>(changed[k] ^ 1);
    EXPECT_THROW((void)decode(changed), Error) << "byte " << k;
  }
}

TEST(ImageDamage, ChangedBytesDoNotCrash) {
  Draws draws(7);
  for (const std::string& file : good_files()) {
    for (int round = 0; round < 1500; ++round) {
      std::string damaged = file;
      for (std::int64_t changes = 1 + draws.below(4); changes > 0; --changes) {
        const auto at = static_cast<std::size_t>(draws.below(static_cast<std::int64_t>(damaged.size())));
        damaged[at] = static_cast<char>(draws.below(256));
      }
      static_cast<void>(refused(damaged));
    }
  }
}

TEST(ImageDamage, AJpegOfTooManyScansIsRefused) {
  std::string file = jpeg_file(flat_image(8, 8, {90}), {.scan = JpegScan::progressive});
  const std::size_t scan = file.rfind("\xff\xda");
  const std::string last = file.substr(scan, file.size() - 2 - scan);
  file.resize(file.size() - 2);
  for (int i = 0; i < 600; ++i) file += last;
  file += "\xff\xd9";
  EXPECT_TRUE(refused(file));
}

}  // namespace
}  // namespace eigenlens::test
