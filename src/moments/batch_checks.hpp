// SPDX-License-Identifier: Apache-2.0
/// \file
/// What every batch must pass before its values are used: training or test.
#pragma once

#include <cstdint>
#include <string>

#include "eigenlens/dataset.hpp"

namespace eigenlens {

/// Throws Error(data), naming file and sample, for another number of features, a label outside [0, classes), NaN or
/// Inf; Error(usage) for a batch that is not as `info` says, or beyond the samples that sums are made for. `count`
/// samples came before.
void check_batch(const Batch& batch, const DatasetInfo& info, std::int64_t classes, std::int64_t count, int threads);

/// "feature 17", or for images "feature 17 (channel 0, y 2, x 3)".
std::string feature_name(const ImageShape& shape, std::int64_t feature);

/// "uint8"
std::string scalar_name(ScalarType scalar);

}  // namespace eigenlens
