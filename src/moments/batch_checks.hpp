// SPDX-License-Identifier: Apache-2.0
/// \file
/// Batches are checked here, once for every backend, both forms of moments, training and test, before their values are
/// used: a batch that fails changes nothing.
#pragma once

#include <cstdint>
#include <string>

#include "eigenlens/dataset.hpp"

namespace eigenlens {

class Backend;

/// What a message about the data set's samples names: its source, or its name.
std::string source_name(const DatasetInfo& info);
/// "feature 17", or for images "feature 17 (channel 0, y 2, x 3)".
std::string feature_name(const ImageShape& shape, std::int64_t feature);
/// What moments are called after: "fashion-mnist train".
std::string samples_name(const DatasetInfo& info);
/// "uint8"
std::string scalar_name(ScalarType scalar);

/// Error(usage) unless there is at least one feature and one class.
void check_extents(const DatasetInfo& info);
/// Error(usage) for a batch of another scalar type or without values, or beyond what exact sums are made for; `count`
/// samples came before. Error(data) for another dimension, a label outside [0, classes), NaN or Inf: sample and feature
/// are named.
/// Of values on the host: Error(usage) for others.
void check_batch(const Batch& batch, const DatasetInfo& info, std::int64_t classes, std::int64_t count, int threads);
/// The same of values in the memory of `backend`'s device; they are there on return. Error(usage) if they are not in
/// it.
void check_device_batch(const Batch& batch, const DatasetInfo& info, std::int64_t classes, std::int64_t count,
                        Backend& backend);

}  // namespace eigenlens
