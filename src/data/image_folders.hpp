// SPDX-License-Identifier: Apache-2.0
/// \file
/// Image files in a folder a class.
#pragma once

#include <string>

#include "data/image_list.hpp"

namespace eigenlens {

/// Walks the class folders of a directory (docs/datasets.md). Throws Error(data): no class folders, a folder without
/// images, images outside of them, images of other kinds, classes that the other split does not know; Error(usage): the
/// split is not there.
ImageSource read_image_folders(const std::string& path, const OpenOptions& options);

/// True if the directory has class folders, or the folders of splits with class folders in them. Looks no further than
/// the first image.
bool holds_image_folders(const std::string& path);

}  // namespace eigenlens
