// SPDX-License-Identifier: Apache-2.0
// Pictures as part of a page.
#include <fmt/format.h>
#include <zlib.h>

#include <cstring>
#include <filesystem>

#include "data/image_decoder.hpp"
#include "eigenlens/error.hpp"
#include "report/html_page.hpp"

namespace eigenlens {
namespace {

constexpr std::size_t signature_length = 8;
constexpr std::size_t frame_length = 12;  // of a chunk: length, name, checksum

std::uint32_t big_endian(const unsigned char* bytes) {
  return static_cast<std::uint32_t>(bytes[0]) << 24 | static_cast<std::uint32_t>(bytes[1]) << 16 |
         static_cast<std::uint32_t>(bytes[2]) << 8 | bytes[3];
}

struct PictureSize {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
};

/// Every chunk with its checksum, from IHDR to IEND. Pixels are the browser's: what it shows may be transparent, of 16
/// bits or a palette, none of which data sets take.
PictureSize check_png(const std::vector<unsigned char>& bytes, const std::string& path) {
  const auto refuse = [&path](const std::string& reason) {
    throw Error(ErrorCode::data, fmt::format("{}: {}", path, reason));
  };
  if (const std::string_view kind = image_kind(bytes); kind != "PNG")
    refuse(fmt::format("{}, and the pictures of a report are PNG files",
                       kind.empty() ? std::string("no image") : fmt::format("a {} file", kind)));
  PictureSize size;
  for (std::size_t at = signature_length;;) {
    const std::size_t left = bytes.size() - at;
    if (left < frame_length) refuse(fmt::format("a PNG that is cut off at byte {}", bytes.size()));
    const unsigned char* chunk = bytes.data() + at;
    const std::size_t length = big_endian(chunk);
    if (length > left - frame_length) refuse(fmt::format("a PNG that is cut off at byte {}", bytes.size()));
    if (crc32(0, chunk + 4, static_cast<uInt>(length + 4)) != big_endian(chunk + 8 + length))
      refuse(fmt::format("a damaged PNG: a checksum is wrong at byte {}", at));
    const bool first = at == signature_length;
    if (first != (std::memcmp(chunk + 4, "IHDR", 4) == 0) || (first && length != 13))
      refuse("a damaged PNG: its header is not where it should be");
    if (first) size = {big_endian(chunk + 8), big_endian(chunk + 12)};
    if (std::memcmp(chunk + 4, "IEND", 4) == 0) return size;
    at += frame_length + length;
  }
}

}  // namespace

std::string picture_html(const std::string& path, const std::string& caption) {
  const std::vector<unsigned char> bytes = read_image_bytes(path);
  const PictureSize size = check_png(bytes, path);
  return fmt::format(
      "<figure class=\"picture\">\n<img alt=\"{0}\" width=\"{1}\" height=\"{2}\" src=\"data:image/png;base64,{3}\">\n"
      "<figcaption>{0}</figcaption>\n</figure>\n",
      escaped(caption), size.width, size.height, base64(bytes));
}

std::string sheet_html(const ReportResult& result, const std::string& caption) {
  namespace fs = std::filesystem;
  if (!result.top().has("sheet")) return {};
  const fs::path named = result.top()["sheet"].text();
  const fs::path folder = fs::path(result.path).parent_path();
  std::error_code error;
  for (const fs::path& path : {named, folder / named, folder / named.filename()})
    if (fs::is_regular_file(path, error)) return picture_html(path.string(), caption);
  return fmt::format("<p class=\"note\">The contact sheet {} was not there when this page was made.</p>\n",
                     escaped(named.string()));
}

}  // namespace eigenlens
