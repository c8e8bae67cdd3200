// SPDX-License-Identifier: Apache-2.0
/// \file
/// The exact Gram matrix from integer products of shifted bytes: (1) of docs/math.md.
#pragma once

#include <cstdint>

#include "kernels/host_device.hpp"
#include "kernels/launch.hpp"

namespace eigenlens::kernels {

/// Samples whose products of shifted bytes an int32 holds, whatever they are: 128²·131,071 < 2³¹.
inline constexpr std::int64_t int32_samples = 131'071;
static_assert(128LL * 128 * int32_samples < (1LL << 31) && 128LL * 128 * (int32_samples + 1) >= (1LL << 31));

/// Σ x_i x_j from Σ (x_i − 128)(x_j − 128) over n samples and the sums s of the true x. The product is
/// x_i x_j − 128 x_i − 128 x_j + 128², so the shift is undone by adding 128 (s_i + s_j) − 128² n.
EIGENLENS_HOST_DEVICE inline std::int64_t unshifted(std::int64_t product, std::int64_t n, std::int64_t si,
                                                    std::int64_t sj) {
  return product + 128 * (si + sj) - 128 * 128 * n;
}

/// gram (D × D, lower triangle) += block (lower triangle, leading dimension ld).
Status add_int32(const std::int32_t* block, std::int64_t ld, std::int64_t dimension, std::int64_t* gram, Stream stream);

/// gram (D × D) ← unshifted, from its lower triangle to both. sums: D, of the true x.
Status finish_exact_gram(std::int64_t dimension, std::int64_t n, const std::int64_t* sums, std::int64_t* gram,
                         Stream stream);

/// gram (D × D): the upper triangle ← the lower one.
Status mirror_lower(std::int64_t dimension, double* gram, Stream stream);

}  // namespace eigenlens::kernels
