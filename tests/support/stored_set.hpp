// SPDX-License-Identifier: Apache-2.0
/// \file
/// Explicit samples as a data set on disk.
#pragma once

#include <string>

#include "support/samples.hpp"
#include "support/temporary_directory.hpp"

namespace eigenlens::test {

/// Writes FOLDER/images.npy (N × C × H × W, or N × D for vectors) and FOLDER/labels.npy; returns the folder's path.
std::string store_samples(const TemporaryDirectory& directory, const std::string& folder, const Samples& samples,
                          ScalarType scalar = ScalarType::uint8);

}  // namespace eigenlens::test
