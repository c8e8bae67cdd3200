// SPDX-License-Identifier: Apache-2.0
/// \file
/// IDX, plain or gzip: MNIST, Fashion-MNIST, KMNIST, EMNIST (docs/datasets.md).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "eigenlens/dataset.hpp"

namespace eigenlens {

/// True if one of the names is an IDX images file: [PREFIX-]{train,t10k,test}-images-idx3-ubyte[.gz].
bool names_idx(std::span<const std::string> names);

/// Opens a directory or an images file. Errors: io; data (damage, see RowFile and read_labels); usage (split, several
/// sets).
std::unique_ptr<Dataset> open_idx(const std::string& path, const OpenOptions& options);

/// The labels of an IDX labels file, `count` of them: see read_labels.
std::vector<std::int64_t> read_idx_labels(const std::string& path, std::int64_t count, const std::string& images);

/// Magic 00 00 08 RANK and big-endian extents.
std::string compose_idx_header(const std::vector<std::int64_t>& extents);

}  // namespace eigenlens
