// SPDX-License-Identifier: Apache-2.0
// As in jpeg.cpp, each stage is a function of plain C values that a longjmp may leave.
#include <fmt/format.h>
#include <png.h>

#include <algorithm>
#include <csetjmp>
#include <cstdlib>
#include <cstring>

#include "data/exif.hpp"
#include "data/image_decoder.hpp"
#include "eigenlens/error.hpp"

namespace eigenlens {

namespace {

struct Session {
  png_structp png = nullptr;
  png_infop info = nullptr;
  const unsigned char* next = nullptr;
  std::size_t left = 0;
  std::jmp_buf failed = {};
  ErrorCode code = ErrorCode::data;
  char reason[256] = {};
};

png_voidp allocate(png_structp png, png_alloc_size_t size) {
  void* memory = std::malloc(size);
  if (memory == nullptr) static_cast<Session*>(png_get_mem_ptr(png))->code = ErrorCode::memory;
  return memory;
}

void release(png_structp /*png*/, png_voidp memory) { std::free(memory); }

[[noreturn]] void fail(png_structp png, png_const_charp message) {
  auto& session = *static_cast<Session*>(png_get_error_ptr(png));
  std::strncpy(session.reason, message, sizeof session.reason - 1);
  std::longjmp(session.failed, 1);
}

/// libpng warns of what it can do without: text, colour profiles, bytes after the last row.
void ignore_warning(png_structp /*png*/, png_const_charp /*message*/) {}

void read_bytes(png_structp png, png_bytep target, std::size_t count) {
  auto& session = *static_cast<Session*>(png_get_io_ptr(png));
  if (count > session.left) png_error(png, "the file ends too early");
  std::memcpy(target, session.next, count);
  session.next += count;
  session.left -= count;
}

/// False: see session.reason.
bool read_header(Session& session) {
  if (setjmp(session.failed) != 0) return false;
  session.png =
      png_create_read_struct_2(PNG_LIBPNG_VER_STRING, &session, fail, ignore_warning, &session, allocate, release);
  if (session.png == nullptr) return false;
  session.info = png_create_info_struct(session.png);
  if (session.info == nullptr) return false;
  png_set_read_fn(session.png, &session, read_bytes);
  // A damaged chunk of transparency or orientation would be passed over with a warning; text is not wanted, and may be
  // a thousand times larger than it looks.
  png_set_crc_action(session.png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
  static constexpr png_byte unwanted[] = "tEXt\0zTXt\0iTXt\0sPLT";  // names, each with its zero byte
  png_set_keep_unknown_chunks(session.png, PNG_HANDLE_CHUNK_NEVER, unwanted, 4);
  png_read_info(session.png, session.info);
  return true;
}

/// Asks for 8-bit grey or RGB, with alpha where the file has any transparency, and for palette indices as they are;
/// `channels` is what comes of it.
bool choose_output(Session& session, int& channels) {
  if (setjmp(session.failed) != 0) return false;
  const int colour = png_get_color_type(session.png, session.info);
  if (colour == PNG_COLOR_TYPE_PALETTE) png_set_packing(session.png);
  if (colour == PNG_COLOR_TYPE_GRAY) png_set_expand_gray_1_2_4_to_8(session.png);
  const bool transparency = png_get_valid(session.png, session.info, PNG_INFO_tRNS) != 0;
  if (transparency && colour != PNG_COLOR_TYPE_PALETTE) png_set_tRNS_to_alpha(session.png);
  png_set_interlace_handling(session.png);
  png_read_update_info(session.png, session.info);
  channels = png_get_channels(session.png, session.info);
  return true;
}

/// Decodes and reads up to the end of the file, so that every checksum is verified.
bool read_pixels(Session& session, png_bytepp rows) {
  if (setjmp(session.failed) != 0) return false;
  png_read_image(session.png, rows);
  png_read_end(session.png, nullptr);
  return true;
}

/// True if the chunk acTL, which announces several pictures, comes before the pixels.
bool is_animated(std::span<const unsigned char> bytes) {
  std::size_t at = 8;
  while (at + 8 <= bytes.size()) {
    const std::size_t length = static_cast<std::size_t>(bytes[at]) << 24 |
                               static_cast<std::size_t>(bytes[at + 1]) << 16 |
                               static_cast<std::size_t>(bytes[at + 2]) << 8 | bytes[at + 3];
    if (std::memcmp(bytes.data() + at + 4, "acTL", 4) == 0) return true;
    if (std::memcmp(bytes.data() + at + 4, "IDAT", 4) == 0) return false;
    at += 12 + length;
  }
  return false;
}

class PngDecoder final : public ImageDecoder {
 public:
  PngDecoder(std::span<const unsigned char> bytes, const std::string& path) : path_(path) {
    session_.next = bytes.data();
    session_.left = bytes.size();
    try {
      if (!read_header(session_)) fail_damaged();
      check(bytes);
    } catch (...) {
      destroy();
      throw;
    }
  }
  ~PngDecoder() override { destroy(); }
  PngDecoder(const PngDecoder&) = delete;
  PngDecoder& operator=(const PngDecoder&) = delete;

  Raster decode() override {
    int channels = 0;
    if (!choose_output(session_, channels)) fail_damaged();
    Raster image = make_raster(png_get_image_height(session_.png, session_.info),
                               png_get_image_width(session_.png, session_.info), channels);
    std::vector<png_bytep> rows;
    for (std::int64_t y = 0; y < image.height; ++y) rows.push_back(image.row(y));
    if (!read_pixels(session_, rows.data())) fail_damaged();
    if (png_get_color_type(session_.png, session_.info) == PNG_COLOR_TYPE_PALETTE) image = through_palette(image);
    return image.channels % 2 == 0 ? without_alpha(image) : image;
  }

 private:
  void check(std::span<const unsigned char> bytes) {
    const std::int64_t height = png_get_image_height(session_.png, session_.info);
    const std::int64_t width = png_get_image_width(session_.png, session_.info);
    check_declared_size(height, width, bytes.size(), path_);
    if (png_get_bit_depth(session_.png, session_.info) == 16) {
      throw Error(
          ErrorCode::data,
          fmt::format("{} is a PNG of 16 bits a channel: expected at most 8; convert it, or save the set as .npy",
                      path_));
    }
    if (is_animated(bytes))
      throw Error(ErrorCode::data, fmt::format("{} is an animated PNG: expected one image", path_));
    const bool coloured = (png_get_color_type(session_.png, session_.info) & PNG_COLOR_MASK_COLOR) != 0;
    header_.colour = coloured ? Colour::rgb : Colour::grey;
    header_.orientation = orientation();
    header_.height = header_.orientation >= 5 ? width : height;
    header_.width = header_.orientation >= 5 ? height : width;
  }

  /// Of the chunk eXIf before the pixels, which has no "Exif" in front.
  [[nodiscard]] int orientation() const {
    png_uint_32 length = 0;
    png_bytep exif = nullptr;
    if (png_get_eXIf_1(session_.png, session_.info, &length, &exif) == 0) return 1;
    std::vector<unsigned char> block = {'E', 'x', 'i', 'f', 0, 0};
    block.insert(block.end(), exif, exif + length);
    return exif_orientation(block);
  }

  /// Colours in place of indices, with alpha where the palette has any.
  [[nodiscard]] Raster through_palette(const Raster& indices) const {
    png_colorp colours = nullptr;
    png_bytep alpha = nullptr;
    int colour_count = 0, alpha_count = 0;
    png_get_PLTE(session_.png, session_.info, &colours, &colour_count);
    png_get_tRNS(session_.png, session_.info, &alpha, &alpha_count, nullptr);
    Raster result = make_raster(indices.height, indices.width, alpha_count > 0 ? 4 : 3);
    std::uint8_t* to = result.pixels.data();
    for (std::int64_t i = 0; i < indices.height * indices.width; ++i, to += result.channels) {
      const int index = indices.pixels[static_cast<std::size_t>(i)];
      if (index >= colour_count)
        throw Error(ErrorCode::data, fmt::format("{} is damaged: colour {} at y {}, x {} of a palette of {}", path_,
                                                 index, i / indices.width, i % indices.width, colour_count));
      to[0] = colours[index].red;
      to[1] = colours[index].green;
      to[2] = colours[index].blue;
      if (alpha_count > 0) to[3] = index < alpha_count ? alpha[index] : 255;
    }
    return result;
  }

  /// The last channel is dropped if it hides nothing.
  [[nodiscard]] Raster without_alpha(const Raster& image) const {
    const std::int64_t keep = image.channels - 1;
    Raster result = make_raster(image.height, image.width, keep);
    const std::uint8_t* from = image.pixels.data();
    std::uint8_t* to = result.pixels.data();
    for (std::int64_t i = 0; i < image.height * image.width; ++i, from += image.channels, to += keep) {
      if (from[keep] != 255) {
        throw Error(ErrorCode::data,
                    fmt::format("{} has transparent pixels (the first at y {}, x {}): lay it over a background first",
                                path_, i / image.width, i % image.width));
      }
      std::copy(from, from + keep, to);
    }
    return result;
  }

  [[noreturn]] void fail_damaged() const {
    if (session_.code == ErrorCode::memory || session_.png == nullptr || session_.info == nullptr)
      throw Error(ErrorCode::memory, fmt::format("{}: the system gave no more memory to decode it", path_));
    throw Error(ErrorCode::data, fmt::format("{} is damaged: {}", path_, session_.reason));
  }
  void destroy() { png_destroy_read_struct(&session_.png, &session_.info, nullptr); }

  std::string path_;
  Session session_;
};

}  // namespace

std::unique_ptr<ImageDecoder> open_png(std::span<const unsigned char> bytes, const std::string& path) {
  return std::make_unique<PngDecoder>(bytes, path);
}

}  // namespace eigenlens
