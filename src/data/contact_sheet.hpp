// SPDX-License-Identifier: Apache-2.0
/// \file
/// Small images side by side in one picture.
#pragma once

#include <cstdint>
#include <vector>

#include "data/raster.hpp"
#include "eigenlens/dataset.hpp"

namespace eigenlens {

/// One picture of all images: each row of the sheet holds the images of one vector, channel-major, one behind the
/// other. Every pixel becomes a square of whole pixels, so that an image measures about 84 of them; grey lines of two
/// pixels lie between. Shapes of 1 or 3 channels.
Raster contact_sheet(const std::vector<std::vector<std::uint8_t>>& rows, const ImageShape& shape);

}  // namespace eigenlens
