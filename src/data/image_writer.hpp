// SPDX-License-Identifier: Apache-2.0
/// \file
/// Sets of image files, written as PNG: class folders, and lists.
#pragma once

#include <memory>

#include "data/set_writer.hpp"

namespace eigenlens {

/// For the formats image-folder and image-list; see make_set_writer.
std::unique_ptr<SetWriter> make_image_writer(const StagedFolder& folder, const DatasetInfo& info, int threads);

}  // namespace eigenlens
