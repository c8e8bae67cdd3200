// SPDX-License-Identifier: Apache-2.0
/// \file
/// The one tag of EXIF that changes what an image shows.
#pragma once

#include <span>

namespace eigenlens {

/// The orientation (1 to 8) in a block that starts with "Exif\0\0"; 1, the stored one, if the block has none or cannot
/// be understood. Read by libexif.
int exif_orientation(std::span<const unsigned char> block);

}  // namespace eigenlens
