// SPDX-License-Identifier: Apache-2.0
/// \file
/// What every batch must be before it is added up or dealt out (src/moments/accumulate.cpp).
#pragma once

#include <cstdint>

#include "eigenlens/dataset.hpp"

namespace eigenlens {

/// Shape, labels and, for floats, that every value is finite; `count` samples are there already. Throws Error(usage) or
/// Error(data) naming sample and feature.
void check_batch(const Batch& batch, const DatasetInfo& info, std::int64_t count, int threads);

}  // namespace eigenlens
