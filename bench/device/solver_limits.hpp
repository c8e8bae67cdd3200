// SPDX-License-Identifier: Apache-2.0
/// \file
/// One call of each of cuSOLVER's routines at any order, on a matrix whose answer is planted, through the engine's own
/// calls. Each throws Error(memory) where the device has too little, and Error(device) for a status that is no success.
#pragma once

#include <cstdint>

#include "device/attempt.hpp"

namespace eigenlens::bench {

Trial solve_syevd(std::int64_t n);
/// All problems are the same; all values are compared, and vectors of the first, the middle and the last.
Trial solve_syev_batched(std::int64_t n, std::int64_t problems);
Trial solve_gesvd(std::int64_t n);
/// The factor solves for a random right-hand side.
Trial factor_potrf(std::int64_t n);

}  // namespace eigenlens::bench
