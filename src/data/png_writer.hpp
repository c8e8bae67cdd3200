// SPDX-License-Identifier: Apache-2.0
/// \file
/// Images as PNG files: what is written is what open_png reads, byte for byte.
#pragma once

#include <string>

#include "data/raster.hpp"

namespace eigenlens {

/// The bytes of a PNG of 8 bits a channel: grey of one channel, RGB of three. The same bytes for the same image and
/// libpng. Throws Error(usage) for an image without pixels, of more than kMostPixels, or of another number of channels.
std::string encode_png(const Raster& image);

}  // namespace eigenlens
