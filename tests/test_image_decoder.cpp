// SPDX-License-Identifier: Apache-2.0
/// \file
/// Every form of JPEG and PNG: what comes out, and what is refused by name.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "data/exif.hpp"
#include "data/image_decoder.hpp"
#include "support/dataset_files.hpp"
#include "support/image_files.hpp"

namespace eigenlens::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::span<const unsigned char> bytes_of(const std::string& file) {
  return {reinterpret_cast<const unsigned char*>(file.data()), file.size()};
}

struct Decoded {
  ImageHeader header;
  Raster image;
};

Decoded decode(const std::string& file) {
  const auto decoder = open_image(bytes_of(file), "x.img");
  return {decoder->header(), decoder->decode()};
}

std::string refusal(const std::string& file) {
  return error_of(ErrorCode::data, [&] { decode(file); });
}

int largest_difference(const Raster& a, const Raster& b) {
  EXPECT_EQ(a.pixels.size(), b.pixels.size());
  int largest = 0;
  for (std::size_t i = 0; i < std::min(a.pixels.size(), b.pixels.size()); ++i) {
    largest = std::max(largest, std::abs(a.pixels[i] - b.pixels[i]));
  }
  return largest;
}

TEST(ImageDecoder, PngGivesThePixelsThatWereWritten) {
  for (const std::int64_t channels : {1, 3}) {
    for (const bool interlaced : {false, true}) {
      const Raster image = noise_image(13, 29, channels);
      const Decoded decoded = decode(png_file(image, {.interlaced = interlaced}));
      EXPECT_EQ(decoded.image.pixels, image.pixels);
      EXPECT_EQ(decoded.header.height, 13);
      EXPECT_EQ(decoded.header.width, 29);
      EXPECT_EQ(decoded.header.colour == Colour::rgb, channels == 3);
    }
  }
}

TEST(ImageDecoder, PngOfFewBitsIsSpreadOverAllOfThem) {
  for (const int bits : {1, 2, 4}) {
    Raster image = noise_image(5, 11, 1);
    for (std::uint8_t& value : image.pixels) value = static_cast<std::uint8_t>(value >> (8 - bits));
    const Decoded decoded = decode(png_file(image, {.bits = bits}));
    for (std::size_t i = 0; i < image.pixels.size(); ++i) {
      ASSERT_EQ(decoded.image.pixels[i], image.pixels[i] * 255 / ((1 << bits) - 1)) << bits;
    }
  }
}

TEST(ImageDecoder, PngPalettesBecomeRgb) {
  const std::string palette("\x00\x01\x02\x10\x20\x30\xff\xfe\xfd", 9);
  for (const int bits : {2, 4, 8}) {
    Raster image = noise_image(4, 9, 1);
    for (std::uint8_t& value : image.pixels) value = static_cast<std::uint8_t>(value % 3);
    const Decoded decoded = decode(png_file(image, {.bits = bits, .palette = palette}));
    ASSERT_EQ(decoded.image.channels, 3);
    EXPECT_EQ(decoded.header.colour, Colour::rgb);
    for (std::size_t i = 0; i < decoded.image.pixels.size(); ++i) {
      ASSERT_EQ(decoded.image.pixels[i], static_cast<std::uint8_t>(palette[image.pixels[i / 3] * 3U + i % 3]));
    }
  }
}

TEST(ImageDecoder, PngColoursBeyondThePaletteAreDamage) {
  Raster image = flat_image(2, 3, {1});
  image.pixels[4] = 2;
  EXPECT_THAT(refusal(png_file(image, {.palette = std::string(6, 'a')})),
              HasSubstr("x.img is damaged: colour 2 at y 1, x 1 of a palette of 2"));
}

TEST(ImageDecoder, AlphaThatHidesNothingIsDropped) {
  for (const std::int64_t channels : {2, 4}) {
    Raster image = noise_image(6, 7, channels);
    const auto last = static_cast<std::size_t>(channels - 1);
    for (std::size_t i = last; i < image.pixels.size(); i += last + 1) image.pixels[i] = 255;
    const Decoded decoded = decode(png_file(image));
    EXPECT_EQ(decoded.image.channels, channels - 1);
    EXPECT_EQ(decoded.image.pixels[0], image.pixels[0]);
    EXPECT_EQ(decoded.image.pixels[last], image.pixels[last + 1]);
    image.pixels[(2 * 7 + 3) * (last + 1) + last] = 254;
    EXPECT_THAT(refusal(png_file(image)), HasSubstr("x.img has transparent pixels (the first at y 2, x 3)"));
  }
  const Raster indices = flat_image(2, 2, {1});
  const std::string palette(6, '\x40');
  EXPECT_EQ(decode(png_file(indices, {.palette = palette, .opacity = std::string("\x00", 1)})).image.channels, 3);
  EXPECT_THAT(refusal(png_file(indices, {.palette = palette, .opacity = std::string("\xff\x80", 2)})),
              HasSubstr("transparent pixels"));
}

TEST(ImageDecoder, SixteenBitsAndAnimationsAreRefusedByName) {
  EXPECT_THAT(refusal(png_file(noise_image(3, 3, 3), {.bits = 16})), HasSubstr("x.img is a PNG of 16 bits a channel"));
  std::string animated = png_file(noise_image(3, 3, 3));
  animated.insert(33, png_chunk("acTL", std::string("\0\0\0\2\0\0\0\0", 8)));  // behind the header
  EXPECT_THAT(refusal(animated), HasSubstr("x.img is an animated PNG"));
}

TEST(ImageDecoder, JpegIsCloseToWhatWasWritten) {
  for (const std::int64_t channels : {1, 3}) {
    for (const JpegScan scan : {JpegScan::baseline, JpegScan::progressive}) {
      const Raster image =
          flat_image(17, 25, channels == 1 ? std::vector<std::uint8_t>{77} : std::vector<std::uint8_t>{200, 30, 90});
      const Decoded decoded = decode(jpeg_file(image, {.scan = scan}));
      EXPECT_EQ(decoded.image.channels, channels);
      EXPECT_LE(largest_difference(decoded.image, image), 3);
    }
  }
}

TEST(ImageDecoder, CmykIsInkBeforeWhite) {
  // Adobe's files hold 255 − ink: 255 everywhere is white. Others hold the ink.
  const std::vector<std::uint8_t> stored = {255, 128, 0, 200};
  const Raster adobe = decode(jpeg_file(flat_image(16, 16, stored), {.quality = 100})).image;
  EXPECT_LE(largest_difference(adobe, flat_image(16, 16, {200, 100, 0})), 2);
  const Raster ycck = decode(jpeg_file(flat_image(16, 16, stored), {.quality = 100, .form = JpegForm::ycck})).image;
  EXPECT_LE(largest_difference(ycck, flat_image(16, 16, {200, 100, 0})), 3);
  const Raster ink =
      decode(jpeg_file(flat_image(16, 16, {0, 127, 255, 55}), {.quality = 100, .form = JpegForm::cmyk_without_adobe}))
          .image;
  EXPECT_LE(largest_difference(ink, flat_image(16, 16, {200, 100, 0})), 2);
  EXPECT_EQ(ink.channels, 3);
}

TEST(ImageDecoder, ContentDecidesNotTheName) {
  const Raster image = noise_image(4, 4, 3);
  const std::string png = png_file(image);
  EXPECT_EQ(open_image(bytes_of(png), "really.JPEG")->decode().pixels, image.pixels);
}

TEST(ImageDecoder, OtherKindsAreNamed) {
  const std::pair<std::string, const char*> kinds[] = {
      {"GIF89a......", "a GIF file"},
      {std::string("RIFF\x10\0\0\0WEBPVP8 ", 16), "a WebP file"},
      {std::string("II*\0........", 12), "a TIFF file"},
      {std::string("MM\0*........", 12), "a TIFF file"},
      {std::string("BM\x99\x01\0\0\0\0\0\0\x36\0", 12), "a BMP file"},
      {std::string("\0\0\0\x20"
                   "ftypavif",
                   12),
       "a AVIF file"},
      {std::string("\0\0\0\x20"
                   "ftypheic",
                   12),
       "a HEIF file"},
      {std::string("\0\0\0\x0cjP  \r\n\x87\n", 12), "a JPEG 2000 file"},
      {"P6\n2 2\n255\n", "a PNM file"},
      {"hello world", "no image: it starts with 68 65 6c 6c 6f 20, expected JPEG (ff d8 ff) or PNG (89 50 4e 47)"},
      {"h", "no image: it starts with 68,"}};
  for (const auto& [start, expected] : kinds) EXPECT_THAT(refusal(start), HasSubstr(expected));
}

TEST(ImageDecoder, FilesThatCannotBeRead) {
  const TemporaryDirectory directory;
  const auto message = [](ErrorCode code, const std::string& path) {
    return error_of(code, [&] { static_cast<void>(read_image_bytes(path)); });
  };
  EXPECT_THAT(message(ErrorCode::data, directory.write("empty.jpg", "")), HasSubstr("empty.jpg is empty"));
  EXPECT_THAT(message(ErrorCode::io, directory.file("none.jpg")), HasSubstr("none.jpg"));
  EXPECT_THAT(message(ErrorCode::io, directory.path()), HasSubstr("cannot read"));
  EXPECT_THAT(message(ErrorCode::data, directory.write("a.png", gzip("hello"))), HasSubstr("a.png is gzip data"));
}

TEST(ImageDecoder, DeclaredSizesAreCheckedBeforeMemoryIsTaken) {
  std::string jpeg = jpeg_file(noise_image(8, 8, 1));
  const std::size_t frame = jpeg.find("\xff\xc0");
  ASSERT_NE(frame, std::string::npos);
  jpeg.replace(frame + 5, 4, "\xff\xdc\xff\xdc");
  EXPECT_THAT(refusal(jpeg), HasSubstr("its header claims 65500 x 65500 pixels, more than its"));
  jpeg.resize(40000, '\0');
  EXPECT_THAT(refusal(jpeg), HasSubstr("more than the 268435456 that are read"));
  std::string png = png_file(noise_image(8, 8, 1));
  const std::string header = png_chunk("IHDR", std::string("\0\1\0\0\0\1\0\0\x08\0\0\0\0", 13));
  png.replace(8, header.size(), header);
  EXPECT_THAT(refusal(png), HasSubstr("its header claims 65536 x 65536 pixels, more than its"));
  const std::string wide = png_chunk("IHDR", std::string("\x7f\xff\xff\xff\0\0\0\1\x08\0\0\0\0", 13));
  png.replace(8, wide.size(), wide);
  EXPECT_THAT(refusal(png), HasSubstr("x.img is damaged: "));
}

TEST(Exif, OrientationOfBothByteOrders) {
  for (int orientation = 1; orientation <= 8; ++orientation) {
    for (const ByteOrder order : {ByteOrder::intel, ByteOrder::motorola}) {
      EXPECT_EQ(exif_orientation(bytes_of(exif_marker(orientation, order))), orientation);
    }
  }
  for (const int unknown : {0, 9, 65535}) EXPECT_EQ(exif_orientation(bytes_of(exif_marker(unknown))), 1);
}

TEST(Exif, DamageMeansAsStored) {
  const std::string marker = exif_marker(6);
  for (std::size_t length = 0; length < marker.size(); ++length) {
    const int orientation = exif_orientation(bytes_of(marker.substr(0, length)));
    EXPECT_TRUE(orientation == 1 || orientation == 6) << length;
  }
  for (std::size_t at = 0; at < marker.size(); ++at) {
    for (int value = 0; value < 256; ++value) {
      std::string damaged = marker;
      damaged[at] = static_cast<char>(value);
      const int orientation = exif_orientation(bytes_of(damaged));
      ASSERT_TRUE(orientation >= 1 && orientation <= 8) << at << " " << value;
    }
  }
}

TEST(Exif, IsFoundInJpegAndPng) {
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const Raster image = noise_image(4, 6, 3);
    for (const std::string& file : {jpeg_file(image, {.app1 = exif_marker(orientation, ByteOrder::motorola)}),
                                    png_file(image, {.exif = exif_structure(orientation)})}) {
      const ImageHeader header = decode(file).header;
      EXPECT_EQ(header.orientation, orientation);
      EXPECT_EQ(header.height, orientation >= 5 ? 6 : 4);
      EXPECT_EQ(header.width, orientation >= 5 ? 4 : 6);
    }
  }
  EXPECT_EQ(decode(jpeg_file(noise_image(4, 6, 1), {.app1 = "http://ns.adobe.com/xap/1.0/"})).header.orientation, 1);
}

/// What the eight orientations mean, drawn: the letter F as it is stored, to be seen as an F.
TEST(Raster, UprightShowsTheSameLetterForAllOrientations) {
  const std::vector<std::vector<std::string>> stored = {{"###", "#..", "##.", "#.."}, {"###", "..#", ".##", "..#"},
                                                        {"..#", ".##", "..#", "###"}, {"#..", "##.", "#..", "###"},
                                                        {"####", "#.#.", "#..."},     {"#...", "#.#.", "####"},
                                                        {"...#", ".#.#", "####"},     {"####", ".#.#", "...#"}};
  const auto draw = [](const std::vector<std::string>& lines) {
    Raster image = make_raster(static_cast<std::int64_t>(lines.size()), static_cast<std::int64_t>(lines[0].size()), 3);
    std::uint8_t* to = image.pixels.data();
    for (const std::string& line : lines) {
      for (const char c : line) {
        for (const int k : {1, 2, 3}) *to++ = static_cast<std::uint8_t>(c == '#' ? 10 * k : 0);
      }
    }
    return image;
  };
  const Raster letter = draw(stored[0]);
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const Raster seen = upright(draw(stored[static_cast<std::size_t>(orientation - 1)]), orientation);
    EXPECT_EQ(seen.height, 4) << orientation;
    EXPECT_EQ(seen.width, 3) << orientation;
    EXPECT_EQ(seen.pixels, letter.pixels) << orientation;
  }
}

TEST(Raster, GreyAndRgb) {
  const Raster grey = noise_image(3, 5, 1);
  const Raster rgb = with_channels(grey, 3);
  for (std::size_t i = 0; i < rgb.pixels.size(); ++i) ASSERT_EQ(rgb.pixels[i], grey.pixels[i / 3]);
  EXPECT_EQ(with_channels(rgb, 1).pixels, grey.pixels) << "the luma of a grey is that grey";
  const Raster colours = noise_image(40, 50, 3);
  const Raster luma = with_channels(colours, 1);
  for (std::size_t i = 0; i < luma.pixels.size(); ++i) {
    const double exact =
        0.299 * colours.pixels[3 * i] + 0.587 * colours.pixels[3 * i + 1] + 0.114 * colours.pixels[3 * i + 2];
    ASSERT_NEAR(luma.pixels[i], exact, 0.5 + 255.0 * 2 / 65536);
  }
}

}  // namespace
}  // namespace eigenlens::test
