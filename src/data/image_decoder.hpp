// SPDX-License-Identifier: Apache-2.0
/// \file
/// One JPEG or PNG file in memory: its header first, its pixels when they are wanted.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/raster.hpp"

namespace eigenlens {

enum class Colour { grey, rgb };

struct ImageHeader {
  std::int64_t height = 0;  ///< upright, as it is meant to be seen
  std::int64_t width = 0;
  Colour colour = Colour::grey;
  int orientation = 1;  ///< of EXIF; the decoded pixels are still as stored
};

class ImageDecoder {
 public:
  virtual ~ImageDecoder() = default;
  [[nodiscard]] const ImageHeader& header() const noexcept { return header_; }
  /// The pixels as stored, grey or RGB as the header says. Call it once. Throws Error(data): damage, transparency.
  virtual Raster decode() = 0;

 protected:
  ImageHeader header_;
};

/// The decoders read the header at once. The bytes must outlive them. Throw Error(data) with the path and the reason of
/// libjpeg or libpng for damage, and by name for what is not read (docs/datasets.md).
std::unique_ptr<ImageDecoder> open_jpeg(std::span<const unsigned char> bytes, const std::string& path);
std::unique_ptr<ImageDecoder> open_png(std::span<const unsigned char> bytes, const std::string& path);

/// Chooses by content, whatever the file is called. Throws Error(data) also for files of other kinds, which are named.
std::unique_ptr<ImageDecoder> open_image(std::span<const unsigned char> bytes, const std::string& path);

/// What the first bytes of a file say: "JPEG", "PNG", the name of another kind of image, or nothing.
std::string_view image_kind(std::span<const unsigned char> start);

/// A whole file of at most 1 GiB. Throws Error(io), also for what is not a regular file; Error(data) if it is empty.
std::vector<unsigned char> read_image_bytes(const std::string& path);

/// Throws Error(data) if a header declares no pixels, more than kMostPixels, or more than its bytes can hold.
void check_declared_size(std::int64_t height, std::int64_t width, std::size_t bytes, const std::string& path);

}  // namespace eigenlens
