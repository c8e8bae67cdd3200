// SPDX-License-Identifier: Apache-2.0
/// \file
/// JPEG and PNG files as bytes, made by the libraries that read them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/raster.hpp"
#include "support/temporary_directory.hpp"

namespace eigenlens::test {

/// Noise that is the same on every machine; channels as the test wants them, alpha among them.
Raster noise_image(std::int64_t height, std::int64_t width, std::int64_t channels, std::uint64_t seed = 1);

/// One value everywhere in each channel.
Raster flat_image(std::int64_t height, std::int64_t width, const std::vector<std::uint8_t>& pixel);

enum class JpegForm { as_is, ycck, cmyk_without_adobe };
enum class JpegScan { baseline, progressive };

struct JpegOptions {
  int quality = 95;
  JpegForm form = JpegForm::as_is;
  JpegScan scan = JpegScan::baseline;
  std::string app1 = {};  ///< content of an APP1 marker, if any
};

/// 1 channel: grey; 3: YCbCr; 4: CMYK with Adobe's marker, the channels written as they are.
std::string jpeg_file(const Raster& image, const JpegOptions& options = {});

struct PngOptions {
  int bits = 8;              ///< a channel; below 8 the values are those of `bits` bits
  std::string palette = {};  ///< R, G, B an entry: the image's one channel are indices
  std::string opacity = {};  ///< of the palette's entries (tRNS)
  std::string exif = {};     ///< chunk eXIf
  bool interlaced = false;
};

/// 1 channel: grey, 2: grey and alpha, 3: RGB, 4: RGBA.
std::string png_file(const Raster& image, const PngOptions& options = {});

/// A chunk with its length and checksum.
std::string png_chunk(std::string_view type, std::string_view content);

enum class ByteOrder { intel, motorola };
/// TIFF structure with the one tag Orientation.
std::string exif_structure(int orientation, ByteOrder order = ByteOrder::intel);
/// The same as a JPEG's APP1: "Exif\0\0" in front.
std::string exif_marker(int orientation, ByteOrder order = ByteOrder::intel);

/// Writes a file in folders that need not be there yet; returns its path.
std::string put(const TemporaryDirectory& directory, const std::string& name, std::string_view bytes);

/// Channel after channel, as data sets deliver it.
std::string planar(const Raster& image);

}  // namespace eigenlens::test
