// SPDX-License-Identifier: Apache-2.0
/// \file
/// Products of samples as if every pixel's mean had been taken away first: (56) of docs/math.md.
#pragma once

#include "eigenlens/dense.hpp"

namespace eigenlens {

/// K_c·scale (N × N, both triangles) of K = xᵢᵀxⱼ: N²K_ij − N(Σ_jK_ij + Σ_iK_ij) + ΣK in 128-bit integers, rounded
/// once. Equal samples stay exactly so. N² operations.
DenseF64 doubly_centred(const DenseI64& gram, double scale, int threads);
/// The same of products that were rounded, of samples that are centred but for rounding: what is left of the mean.
DenseF64 doubly_centred(const DenseF64& gram, double scale, int threads);

}  // namespace eigenlens
