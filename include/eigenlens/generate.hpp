// SPDX-License-Identifier: Apache-2.0
/// \file
/// A generated data set for machines that have no real one: textured 1/f backgrounds with class shapes in front.
#pragma once

#include <cstdint>
#include <string>

#include "eigenlens/dataset.hpp"
#include "eigenlens/export.hpp"
#include "eigenlens/progress.hpp"

namespace eigenlens {

struct GenerateOptions {
  std::int64_t count = 60000;       ///< training images
  std::int64_t test_count = 10000;  ///< test images
  ImageShape shape{1, 28, 28};
  std::int64_t classes = 10;  ///< 2 to 10 shapes
  double background = 0.5;    ///< strength of the 1/f texture against the shape, in [0, 1]
  std::uint64_t seed = 1;     ///< the same seed gives the same bytes on every machine
};

/// Writes the set as IDX (one channel) or .npy pairs (three channels) into a directory, each file atomically, so that
/// open_dataset(directory) reads it. Errors: usage (options), io.
EIGENLENS_API void generate_dataset(const std::string& directory, const GenerateOptions& options = {},
                                    const Progress& progress = {});

}  // namespace eigenlens
