// SPDX-License-Identifier: Apache-2.0
/// \file
/// From least squares on orthonormal features to ridge regression on the same leading spans (docs/math.md, (86) to
/// (88)).
#pragma once

#include <vector>

#include "solve/family.hpp"

namespace eigenlens {

/// E ← L⁻¹E and T ← L⁻¹T with I + αN·EEᵀ = LLᵀ, E of R × D, T of R × C: the leading K rows then give the ridge
/// regression on the first K features. Returns, for every K, the training error ‖WᵀX − Y‖²/N of Y as it is, without
/// intercept. Takes the workspace's first scratch and vectors. 4R²D + R³/3 flops on the backend, R²C on the host, which
/// sees R² numbers a panel at a time. Throws Error(numerical) if the factorisation fails.
std::vector<double> shrink(Problem& problem, double alpha, Matrix& encoder, Matrix& targets);

}  // namespace eigenlens
