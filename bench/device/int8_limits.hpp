// SPDX-License-Identifier: Apache-2.0
/// \file
/// Integer products of any size, made as the exact Gram matrix makes them, and checked by a random projection.
#pragma once

#include <cstdint>

#include "device/attempt.hpp"

namespace eigenlens::bench {

/// S = TᵀT of T (K × D) of random bytes, in two products, the second in place (β = 1).
struct Int8Product {
  std::int64_t d = 0, k = 0;  ///< multiples of 32
  std::int64_t panel = 0;     ///< columns of S that one product makes, from the diagonal down; 0: all of S in one
};

/// Throws Error(memory) where 12·D² + K·D bytes are not free. All of S·r, modulo 2⁶⁴, against the host's TᵀTr: (35) of
/// docs/math.md; the error is the number of rows that differ. Cost: D²·K operations on the device, 4·D·K on the host.
Trial multiply_int8(const Int8Product& product);

}  // namespace eigenlens::bench
