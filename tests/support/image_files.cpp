// SPDX-License-Identifier: Apache-2.0
#include "support/image_files.hpp"

#include <cstdio>
#include <cstdlib>
// After <cstdio>, which it needs and does not include.
#include <jpeglib.h>
#include <png.h>
#include <zlib.h>

#include <cstring>
#include <filesystem>
#include <stdexcept>

#include "support/samples.hpp"

namespace eigenlens::test {

Raster noise_image(std::int64_t height, std::int64_t width, std::int64_t channels, std::uint64_t seed) {
  Draws draws(seed);
  Raster image = make_raster(height, width, channels);
  for (std::uint8_t& value : image.pixels) value = static_cast<std::uint8_t>(draws.below(256));
  return image;
}

Raster flat_image(std::int64_t height, std::int64_t width, const std::vector<std::uint8_t>& pixel) {
  Raster image = make_raster(height, width, static_cast<std::int64_t>(pixel.size()));
  for (std::size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = pixel[i % pixel.size()];
  return image;
}

std::string jpeg_file(const Raster& image, const JpegOptions& options) {
  jpeg_compress_struct jpeg = {};
  jpeg_error_mgr errors = {};
  jpeg.err = jpeg_std_error(&errors);
  jpeg_CreateCompress(&jpeg, JPEG_LIB_VERSION, sizeof jpeg);
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&jpeg, &bytes, &size);
  jpeg.image_height = static_cast<JDIMENSION>(image.height);
  jpeg.image_width = static_cast<JDIMENSION>(image.width);
  jpeg.input_components = static_cast<int>(image.channels);
  jpeg.in_color_space = image.channels == 1 ? JCS_GRAYSCALE : image.channels == 3 ? JCS_RGB : JCS_CMYK;
  jpeg_set_defaults(&jpeg);
  if (options.form == JpegForm::ycck) jpeg_set_colorspace(&jpeg, JCS_YCCK);
  if (options.form == JpegForm::cmyk_without_adobe) jpeg.write_Adobe_marker = FALSE;
  jpeg_set_quality(&jpeg, options.quality, TRUE);
  if (options.scan == JpegScan::progressive) jpeg_simple_progression(&jpeg);
  jpeg_start_compress(&jpeg, TRUE);
  if (!options.app1.empty()) {
    jpeg_write_marker(&jpeg, JPEG_APP0 + 1, reinterpret_cast<const JOCTET*>(options.app1.data()),
                      static_cast<unsigned>(options.app1.size()));
  }
  while (jpeg.next_scanline < jpeg.image_height) {
    auto* row = const_cast<JSAMPROW>(image.row(jpeg.next_scanline));
    jpeg_write_scanlines(&jpeg, &row, 1);
  }
  jpeg_finish_compress(&jpeg);
  jpeg_destroy_compress(&jpeg);
  std::string file(reinterpret_cast<const char*>(bytes), size);
  std::free(bytes);
  return file;
}

namespace {

void append_bytes(png_structp png, png_bytep bytes, std::size_t count) {
  static_cast<std::string*>(png_get_io_ptr(png))->append(reinterpret_cast<const char*>(bytes), count);
}

void set_palette(png_structp png, png_infop info, const PngOptions& options) {
  std::vector<png_color> colours;
  for (std::size_t i = 0; i + 2 < options.palette.size(); i += 3) {
    const auto* entry = reinterpret_cast<const png_byte*>(options.palette.data() + i);
    colours.push_back({entry[0], entry[1], entry[2]});
  }
  png_set_PLTE(png, info, colours.data(), static_cast<int>(colours.size()));
  if (options.opacity.empty()) return;
  png_set_tRNS(png, info, reinterpret_cast<png_const_bytep>(options.opacity.data()),
               static_cast<int>(options.opacity.size()), nullptr);
}

int colour_type(const Raster& image, const PngOptions& options) {
  if (!options.palette.empty()) return PNG_COLOR_TYPE_PALETTE;
  constexpr int types[] = {PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB,
                           PNG_COLOR_TYPE_RGB_ALPHA};
  return types[image.channels - 1];
}

/// 16 bits: every value twice.
std::vector<std::uint8_t> row_bytes(const Raster& image, std::int64_t y, int bits) {
  std::vector<std::uint8_t> row;
  for (std::int64_t i = 0; i < image.width * image.channels; ++i) {
    for (int copy = 0; copy < (bits == 16 ? 2 : 1); ++copy) row.push_back(image.row(y)[i]);
  }
  return row;
}

}  // namespace

std::string png_file(const Raster& image, const PngOptions& options) {
  std::string file;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  if (setjmp(png_jmpbuf(png)) != 0) std::abort();
  png_set_write_fn(png, &file, append_bytes, nullptr);
  png_set_IHDR(png, info, static_cast<png_uint_32>(image.width), static_cast<png_uint_32>(image.height), options.bits,
               colour_type(image, options), options.interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  if (!options.palette.empty()) set_palette(png, info, options);
  if (!options.exif.empty()) {
    std::vector<png_byte> exif(options.exif.begin(), options.exif.end());
    png_set_eXIf_1(png, info, static_cast<png_uint_32>(exif.size()), exif.data());
  }
  png_write_info(png, info);
  if (options.bits < 8) png_set_packing(png);
  std::vector<std::vector<std::uint8_t>> rows;
  std::vector<png_bytep> pointers;
  for (std::int64_t y = 0; y < image.height; ++y) rows.push_back(row_bytes(image, y, options.bits));
  for (auto& row : rows) pointers.push_back(row.data());
  png_write_image(png, pointers.data());
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  return file;
}

std::string png_chunk(std::string_view type, std::string_view content) {
  const auto number = [](std::size_t value) {
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(value >> shift & 0xff));
    return bytes;
  };
  const std::string body = std::string(type) + std::string(content);
  const auto checksum = crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
  return number(content.size()) + body + number(checksum);
}

std::string exif_structure(int orientation, ByteOrder order) {
  std::string bytes = order == ByteOrder::intel ? "II" : "MM";
  const auto number = [&](unsigned value, int width) {
    for (int i = 0; i < width; ++i) {
      const int shift = 8 * (order == ByteOrder::intel ? i : width - 1 - i);
      bytes.push_back(static_cast<char>(value >> shift & 0xff));
    }
  };
  number(42, 2);
  number(8, 4);       // where the directory is
  number(1, 2);       // its entries
  number(0x0112, 2);  // Orientation
  number(3, 2);       // of type SHORT
  number(1, 4);
  number(static_cast<unsigned>(orientation), 2);
  number(0, 2);
  number(0, 4);  // no further directory
  return bytes;
}

std::string exif_marker(int orientation, ByteOrder order) {
  return std::string("Exif\0\0", 6) + exif_structure(orientation, order);
}

std::string put(const TemporaryDirectory& directory, const std::string& name, std::string_view bytes) {
  std::filesystem::create_directories(std::filesystem::path(directory.file(name)).parent_path());
  return directory.write(name, bytes);
}

std::string planar(const Raster& image) {
  std::string bytes(image.pixels.size(), '\0');
  write_planar(image, reinterpret_cast<std::byte*>(bytes.data()));
  return bytes;
}

}  // namespace eigenlens::test
