// SPDX-License-Identifier: Apache-2.0
// libjpeg reports an error by a call that must not return, so each stage is a function of plain C values that a longjmp
// may leave: no object with a destructor lives between its setjmp and the library.
#include <fmt/format.h>

#include <csetjmp>
#include <cstddef>
#include <cstdio>
// After <cstdio> and <cstddef>, which it needs and does not include.
#include <jerror.h>
#include <jpeglib.h>

#include <cstring>

#include "data/exif.hpp"
#include "data/image_decoder.hpp"
#include "eigenlens/error.hpp"

namespace eigenlens {

namespace {

/// More scans than this in a progressive file are an attack on the reader's time.
constexpr int kMostScans = 500;

struct Session {
  jpeg_decompress_struct jpeg = {};
  jpeg_error_mgr errors = {};
  jpeg_progress_mgr progress = {};
  std::jmp_buf failed = {};
  ErrorCode code = ErrorCode::data;
  char reason[JMSG_LENGTH_MAX] = {};
};

Session& session_of(j_common_ptr jpeg) { return *static_cast<Session*>(jpeg->client_data); }

[[noreturn]] void fail(j_common_ptr jpeg) {
  Session& session = session_of(jpeg);
  session.errors.format_message(jpeg, session.reason);
  if (jpeg->err->msg_code == JERR_OUT_OF_MEMORY) session.code = ErrorCode::memory;
  std::longjmp(session.failed, 1);
}

/// Every warning is damage, because something of the picture is lost or made up after it; but for two that only say
/// that a version or transform number is unknown.
void on_message(j_common_ptr jpeg, int level) {
  if (level >= 0) return;
  const int code = jpeg->err->msg_code;
  if (code != JWRN_JFIF_MAJOR && code != JWRN_ADOBE_XFORM) fail(jpeg);
}

void on_progress(j_common_ptr jpeg) {
  if (reinterpret_cast<j_decompress_ptr>(jpeg)->input_scan_number <= kMostScans) return;
  Session& session = session_of(jpeg);
  std::snprintf(session.reason, sizeof session.reason, "more than %d scans", kMostScans);
  std::longjmp(session.failed, 1);
}

void ignore_output(j_common_ptr /*jpeg*/) {}

/// False: see session.reason.
bool read_header(Session& session, const unsigned char* bytes, std::size_t size) {
  jpeg_decompress_struct& jpeg = session.jpeg;
  jpeg.err = jpeg_std_error(&session.errors);
  session.errors.error_exit = fail;
  session.errors.emit_message = on_message;
  session.errors.output_message = ignore_output;
  session.progress.progress_monitor = on_progress;
  jpeg.client_data = &session;
  if (setjmp(session.failed) != 0) return false;
  jpeg_CreateDecompress(&jpeg, JPEG_LIB_VERSION, sizeof jpeg);
  jpeg.progress = &session.progress;
  jpeg_mem_src(&jpeg, bytes, static_cast<unsigned long>(size));
  jpeg_save_markers(&jpeg, JPEG_APP0 + 1, 0xffff);
  jpeg_read_header(&jpeg, TRUE);
  return true;
}

/// Decodes into rows of `stride` bytes and reads up to the end of the image.
bool read_pixels(Session& session, unsigned char* pixels, std::size_t stride) {
  jpeg_decompress_struct& jpeg = session.jpeg;
  if (setjmp(session.failed) != 0) return false;
  jpeg.dct_method = JDCT_ISLOW;
  jpeg.do_fancy_upsampling = TRUE;
  jpeg_start_decompress(&jpeg);
  while (jpeg.output_scanline < jpeg.output_height) {
    JSAMPROW row = pixels + jpeg.output_scanline * stride;
    jpeg_read_scanlines(&jpeg, &row, 1);
  }
  jpeg_finish_decompress(&jpeg);
  return true;
}

class JpegDecoder final : public ImageDecoder {
 public:
  JpegDecoder(std::span<const unsigned char> bytes, const std::string& path) : path_(path) {
    if (!read_header(session_, bytes.data(), bytes.size())) destroy_and_fail();
    try {
      check(bytes.size());
    } catch (...) {
      jpeg_destroy_decompress(&session_.jpeg);
      throw;
    }
  }
  ~JpegDecoder() override { jpeg_destroy_decompress(&session_.jpeg); }
  JpegDecoder(const JpegDecoder&) = delete;
  JpegDecoder& operator=(const JpegDecoder&) = delete;

  Raster decode() override {
    jpeg_decompress_struct& jpeg = session_.jpeg;
    const bool four = jpeg.out_color_space == JCS_CMYK;
    Raster image = make_raster(jpeg.image_height, jpeg.image_width, four ? 4 : header_.colour == Colour::rgb ? 3 : 1);
    if (!read_pixels(session_, image.pixels.data(), static_cast<std::size_t>(image.width * image.channels))) {
      throw failure();
    }
    return four ? from_cmyk(image) : image;
  }

 private:
  void check(std::size_t size) {
    jpeg_decompress_struct& jpeg = session_.jpeg;
    check_declared_size(jpeg.image_height, jpeg.image_width, size, path_);
    switch (jpeg.jpeg_color_space) {
      case JCS_GRAYSCALE:
        jpeg.out_color_space = JCS_GRAYSCALE;
        break;
      case JCS_YCbCr:
      case JCS_RGB:
        jpeg.out_color_space = JCS_RGB;
        header_.colour = Colour::rgb;
        break;
      case JCS_CMYK:
      case JCS_YCCK:
        jpeg.out_color_space = JCS_CMYK;
        header_.colour = Colour::rgb;
        break;
      default:
        throw Error(ErrorCode::data, fmt::format("{} is a JPEG of {} components: expected grey, RGB or CMYK", path_,
                                                 jpeg.num_components));
    }
    for (jpeg_saved_marker_ptr marker = jpeg.marker_list; marker != nullptr; marker = marker->next) {
      if (marker->data_length < 6 || std::memcmp(marker->data, "Exif\0\0", 6) != 0) continue;
      header_.orientation = exif_orientation({marker->data, marker->data_length});
      break;
    }
    header_.height = header_.orientation >= 5 ? jpeg.image_width : jpeg.image_height;
    header_.width = header_.orientation >= 5 ? jpeg.image_height : jpeg.image_width;
  }

  /// R = (255 − C)(255 − K) / 255, rounded, and so on. Adobe's files, which say so, hold 255 − ink; others hold ink.
  [[nodiscard]] Raster from_cmyk(const Raster& image) const {
    const unsigned invert = session_.jpeg.saw_Adobe_marker != 0 ? 0U : 255U;
    Raster result = make_raster(image.height, image.width, 3);
    const std::uint8_t* from = image.pixels.data();
    std::uint8_t* to = result.pixels.data();
    for (std::int64_t i = 0; i < image.height * image.width; ++i, from += 4, to += 3) {
      const unsigned black = from[3] ^ invert;
      for (int k = 0; k < 3; ++k) to[k] = static_cast<std::uint8_t>(((from[k] ^ invert) * black + 127U) / 255U);
    }
    return result;
  }

  [[nodiscard]] Error failure() const {
    if (session_.code == ErrorCode::memory)
      return {ErrorCode::memory, fmt::format("{}: the system gave no more memory to decode it", path_)};
    return {session_.code, fmt::format("{} is damaged: {}", path_, session_.reason)};
  }

  [[noreturn]] void destroy_and_fail() {
    jpeg_destroy_decompress(&session_.jpeg);
    throw failure();
  }

  std::string path_;
  Session session_;
};

}  // namespace

std::unique_ptr<ImageDecoder> open_jpeg(std::span<const unsigned char> bytes, const std::string& path) {
  return std::make_unique<JpegDecoder>(bytes, path);
}

}  // namespace eigenlens
