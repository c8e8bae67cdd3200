// SPDX-License-Identifier: Apache-2.0
/// \file
/// cuSOLVER's Cholesky factorisation, in float64, on one lane.
#pragma once

#include <cstdint>

#include "backend/cuda/lane.hpp"

namespace eigenlens::cuda {

/// A (n × n, lower triangle read) ← L with A = LLᵀ, in place; *info on the device: 0, or the pivot that is not
/// positive. n³/3 flops.
void potrf(Lane& lane, std::int64_t n, double* a, int* info);

}  // namespace eigenlens::cuda
