// SPDX-License-Identifier: Apache-2.0
#include "data/image_decoder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "data/byte_stream.hpp"
#include "eigenlens/error.hpp"

namespace eigenlens {

namespace {

constexpr std::int64_t kMostBytes = std::int64_t{1} << 30;

/// Pixels that a byte of a file can stand for: deflate reaches 1032 bytes, of which a byte holds 8 pixels at most;
/// a Huffman code spends a bit on a JPEG's block of 64 pixels at least, an arithmetic code less.
constexpr std::int64_t kMostPixelsPerByte = 8 * 1032;

struct Signature {
  std::size_t offset;
  std::string_view bytes;
  std::string_view kind;
};

using namespace std::string_view_literals;
constexpr std::array kSignatures = {
    Signature{0, "\xff\xd8\xff"sv, "JPEG"},  Signature{0, "\x89PNG\r\n\x1a\n"sv, "PNG"},
    Signature{0, "GIF8"sv, "GIF"},           Signature{8, "WEBP"sv, "WebP"},
    Signature{0, "II*\0"sv, "TIFF"},         Signature{0, "MM\0*"sv, "TIFF"},
    Signature{6, "\0\0\0\0"sv, "BMP"},       Signature{4, "ftypavi"sv, "AVIF"},
    Signature{4, "ftyphe"sv, "HEIF"},        Signature{4, "ftypmif1"sv, "HEIF"},
    Signature{4, "jP  \r\n"sv, "JPEG 2000"}, Signature{0, "\xff\x4f\xff\x51"sv, "JPEG 2000"},
    Signature{4, "JXL \r\n"sv, "JPEG XL"},   Signature{0, "\xff\x0a"sv, "JPEG XL"},
    Signature{0, "P4\n"sv, "PNM"},           Signature{0, "P5\n"sv, "PNM"},
    Signature{0, "P6\n"sv, "PNM"},           Signature{0, "8BPS"sv, "Photoshop"},
};

}  // namespace

std::string_view image_kind(std::span<const unsigned char> start) {
  const std::string_view text(reinterpret_cast<const char*>(start.data()), start.size());
  for (const Signature& one : kSignatures) {
    if (text.size() < one.offset || !text.substr(one.offset).starts_with(one.bytes)) continue;
    if (one.kind == "BMP" && !text.starts_with("BM")) continue;
    if (one.kind == "WebP" && !text.starts_with("RIFF")) continue;
    return one.kind;
  }
  return {};
}

std::unique_ptr<ImageDecoder> open_image(std::span<const unsigned char> bytes, const std::string& path) {
  const std::string_view kind = image_kind(bytes);
  if (kind == "JPEG") return open_jpeg(bytes, path);
  if (kind == "PNG") return open_png(bytes, path);
  if (!kind.empty()) throw Error(ErrorCode::data, fmt::format("{} is a {} file: expected JPEG or PNG", path, kind));
  std::string start;
  for (const unsigned char byte : bytes.first(std::min<std::size_t>(bytes.size(), 6))) {
    start += fmt::format(" {:02x}", byte);
  }
  throw Error(ErrorCode::data, fmt::format("{} is no image: it starts with{}, expected JPEG (ff d8 ff) or PNG "
                                           "(89 50 4e 47)",
                                           path, start));
}

std::vector<unsigned char> read_image_bytes(const std::string& path) {
  ByteStream stream(path);
  if (stream.file_size() == 0) throw Error(ErrorCode::data, fmt::format("{} is empty: expected JPEG or PNG", path));
  if (stream.file_size() > kMostBytes) {
    throw Error(ErrorCode::data, fmt::format("{} holds {} bytes: expected an image file of at most {}", path,
                                             stream.file_size(), kMostBytes));
  }
  if (stream.compressed()) throw Error(ErrorCode::data, fmt::format("{} is gzip data: expected JPEG or PNG", path));
  std::vector<unsigned char> bytes(static_cast<std::size_t>(stream.file_size()));
  bytes.resize(stream.read(bytes.data(), bytes.size()));
  return bytes;
}

void check_declared_size(std::int64_t height, std::int64_t width, std::size_t bytes, const std::string& path) {
  // Both are 32-bit numbers in the files.
  if (height < 1 || width < 1) {
    throw Error(ErrorCode::data, fmt::format("{}: its header claims {} x {} pixels", path, height, width));
  }
  const std::int64_t possible = static_cast<std::int64_t>(bytes) * kMostPixelsPerByte;
  if (width > std::min(kMostPixels, possible) / height) {
    throw Error(ErrorCode::data,
                fmt::format("{}: its header claims {} x {} pixels, more than {}", path, height, width,
                            possible < kMostPixels ? fmt::format("its {} bytes can hold", bytes)
                                                   : fmt::format("the {} that are read", kMostPixels)));
  }
}

}  // namespace eigenlens
