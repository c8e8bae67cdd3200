// SPDX-License-Identifier: Apache-2.0
/// \file
/// Pairs of .npy files, images (or vectors) and labels (docs/datasets.md).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "eigenlens/dataset.hpp"

namespace eigenlens {

/// True if the file ends in .npy or starts with the magic bytes of one. Throws Error(io).
bool is_npy_file(const std::string& path);

/// Opens a directory or an images file. Errors: io; data (damage, dtype, sizes); usage (split, layout, several sets).
std::unique_ptr<Dataset> open_npy(const std::string& path, const OpenOptions& options);

/// The labels of an integer .npy, `count` of them: see read_labels.
std::vector<std::int64_t> read_npy_labels(const std::string& path, std::int64_t count, const std::string& images);

}  // namespace eigenlens
