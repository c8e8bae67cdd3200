// SPDX-License-Identifier: Apache-2.0
/// \file
/// Which .npy file holds the images and which one their labels, by name.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "eigenlens/dataset.hpp"

namespace eigenlens {

struct NpyPair {
  std::string name;    ///< for people
  std::string split;   ///< "train", or empty where the names tell of none
  std::string images;  ///< paths
  std::string labels;
};

/// What a file's name says, if it is the images half of a known pair.
struct NpyName {
  std::string images;
  std::string labels;
  std::string split;
};

/// SPLIT_images.npy, SPLIT_embeddings.npy, x_SPLIT.npy, X_SPLIT.npy; without a split images.npy, embeddings.npy, x.npy,
/// X.npy.
std::optional<NpyName> parse_npy_name(const std::string& name);

/// True if one of the names is the images half of a known pair.
bool names_npy(std::span<const std::string> names);

/// The pair of options.split in a directory. Throws Error(data): no pair, no labels; Error(usage): split, several
/// pairs.
NpyPair choose_npy_pair(const std::string& directory, const OpenOptions& options);

/// The pair of an images file: options.labels, or what its name says. Throws Error(usage) if neither tells.
NpyPair npy_pair_of(const std::string& file, const OpenOptions& options);

}  // namespace eigenlens
