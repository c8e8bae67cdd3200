// SPDX-License-Identifier: Apache-2.0
/// \file
/// What samples are, on both sides of the boundary.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "eigenlens/dataset.hpp"
#include "eigenlens/eigenlens.h"

namespace eigenlens::c {

/// eigenlens_samples as the C++ interface has them. Error(usage) for NULL, a scalar that is none, extents below 1 or
/// negative numbers.
DatasetInfo info_of(const eigenlens_samples* samples);
/// The shape alone, with the same errors.
ImageShape shape_of(const eigenlens_samples* samples);

/// Fills `samples`; `names` is made to point to the names of classes, and lives as long as both.
void fill_samples(const DatasetInfo& info, std::vector<const char*>& names, eigenlens_samples* samples);

/// Error(usage) for a number that names no scalar of samples.
ScalarType scalar_of(std::int32_t scalar, const std::string& of);
std::int32_t number_of(ScalarType scalar) noexcept;

/// A batch of the caller's. `first`: samples that came before; `zeros` is used where there are no labels. Error(usage)
/// for NULL values, a negative count and a place that is none.
Batch batch_of(const eigenlens_batch* batch, std::int64_t first, std::vector<std::int32_t>& zeros);
void fill_batch(const Batch& batch, eigenlens_batch* out);

}  // namespace eigenlens::c
