// SPDX-License-Identifier: Apache-2.0
/// \file
/// The CPU backend's sums over samples.
#pragma once

#include <memory>

#include "backend/backend.hpp"

namespace eigenlens {

/// Exact integers for uint8 data (gram_u8.hpp, with the instruction set of choose_isa()), float64 otherwise
/// (gram_float.hpp). info.shape, info.classes and info.scalar matter; batches are taken as checked.
std::unique_ptr<GramAccumulator> make_cpu_gram_accumulator(const DatasetInfo& info, int threads);

}  // namespace eigenlens
