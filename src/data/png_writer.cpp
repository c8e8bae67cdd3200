// SPDX-License-Identifier: Apache-2.0
// As in png.cpp, what a longjmp may leave is a function of plain C values.
#include "data/png_writer.hpp"

#include <fmt/format.h>
#include <png.h>

#include <csetjmp>
#include <cstring>
#include <new>

#include "eigenlens/error.hpp"

namespace eigenlens {

namespace {

struct Session {
  png_structp png = nullptr;
  png_infop info = nullptr;
  std::string* file = nullptr;
  std::jmp_buf failed = {};
  char reason[256] = {};
};

[[noreturn]] void fail(png_structp png, png_const_charp message) {
  auto& session = *static_cast<Session*>(png_get_error_ptr(png));
  std::strncpy(session.reason, message, sizeof session.reason - 1);
  std::longjmp(session.failed, 1);
}

void ignore_warning(png_structp /*png*/, png_const_charp /*message*/) {}

/// No exception may cross libpng.
bool append(std::string& file, png_const_bytep bytes, std::size_t count) noexcept {
  try {
    file.append(reinterpret_cast<const char*>(bytes), count);
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

void write_bytes(png_structp png, png_bytep bytes, std::size_t count) {
  if (!append(*static_cast<Session*>(png_get_io_ptr(png))->file, bytes, count)) png_error(png, "no memory");
}

/// False: see session.reason.
bool encode(Session& session, std::int64_t height, std::int64_t width, int colour, png_const_bytep pixels,
            std::int64_t row_bytes) {
  if (setjmp(session.failed) != 0) return false;
  session.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &session, fail, ignore_warning);
  if (session.png == nullptr) return false;
  session.info = png_create_info_struct(session.png);
  if (session.info == nullptr) return false;
  png_set_write_fn(session.png, &session, write_bytes, nullptr);
  png_set_user_limits(session.png, 0x7fffffff, 0x7fffffff);
  png_set_IHDR(session.png, session.info, static_cast<png_uint_32>(width), static_cast<png_uint_32>(height), 8, colour,
               PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(session.png, session.info);
  for (std::int64_t y = 0; y < height; ++y) png_write_row(session.png, pixels + y * row_bytes);
  png_write_end(session.png, session.info);
  return true;
}

}  // namespace

std::string encode_png(const Raster& image) {
  const bool known = image.channels == 1 || image.channels == 3;
  if (!known || image.height < 1 || image.width < 1 || image.width > kMostPixels / image.height) {
    throw Error(ErrorCode::usage, fmt::format("cannot make a PNG of {} x {} pixels with {} channels: expected 1 or 3 "
                                              "channels and at most {} pixels",
                                              image.height, image.width, image.channels, kMostPixels));
  }
  std::string file;
  Session session;
  session.file = &file;
  const int colour = image.channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB;
  const bool done =
      encode(session, image.height, image.width, colour, image.pixels.data(), image.width * image.channels);
  png_destroy_write_struct(&session.png, &session.info);
  if (!done)
    throw Error(ErrorCode::io,
                fmt::format("libpng cannot write an image: {}", session.reason[0] != 0 ? session.reason : "no memory"));
  return file;
}

}  // namespace eigenlens
