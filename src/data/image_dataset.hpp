// SPDX-License-Identifier: Apache-2.0
/// \file
/// JPEG and PNG files in class folders or named by a list, decoded on all cores (docs/datasets.md).
#pragma once

#include <memory>
#include <string>

#include "eigenlens/dataset.hpp"

namespace eigenlens {

/// Opens `path` as "image-folder" or "image-list". Names are read whole, and the headers of at most 64 files: for the
/// size and, if it is not given, the colour. Memory: about 40 bytes a file; while reading, see DecodeAhead, and one
/// decoded image a thread. Errors: io, data, usage.
std::unique_ptr<Dataset> open_images(const std::string& path, const std::string& format, const OpenOptions& options);

}  // namespace eigenlens
