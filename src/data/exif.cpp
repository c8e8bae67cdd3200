// SPDX-License-Identifier: Apache-2.0
#include "data/exif.hpp"

#include <libexif/exif-data.h>

#include <limits>
#include <memory>

namespace eigenlens {

int exif_orientation(std::span<const unsigned char> block) {
  constexpr int as_stored = 1;
  if (block.size() > std::numeric_limits<unsigned int>::max()) return as_stored;
  const std::unique_ptr<ExifData, void (*)(ExifData*)> exif(exif_data_new(), exif_data_unref);
  if (!exif) return as_stored;
  // As it is in the file: no tags added, no maker's notes rewritten.
  exif_data_unset_option(exif.get(), EXIF_DATA_OPTION_FOLLOW_SPECIFICATION);
  exif_data_set_option(exif.get(), EXIF_DATA_OPTION_DONT_CHANGE_MAKER_NOTE);
  exif_data_load_data(exif.get(), block.data(), static_cast<unsigned int>(block.size()));
  const ExifEntry* entry = exif_content_get_entry(exif->ifd[EXIF_IFD_0], EXIF_TAG_ORIENTATION);
  if (entry == nullptr || entry->format != EXIF_FORMAT_SHORT || entry->components != 1 || entry->size < 2) {
    return as_stored;
  }
  const int orientation = exif_get_short(entry->data, exif_data_get_byte_order(exif.get()));
  return orientation >= 1 && orientation <= 8 ? orientation : as_stored;
}

}  // namespace eigenlens
