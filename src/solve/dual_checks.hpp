// SPDX-License-Identifier: Apache-2.0
/// \file
/// The checks of the dual form: the same pencil, posed in the products of the samples (docs/math.md, (62) to (64)).
#pragma once

#include <memory>

#include "solve/basis_checks.hpp"

namespace eigenlens {

/// KTw = μ(aT + b)w with the left vectors Tw, from the entries of K (Problem::g) and T (N × N); `largest` is T's
/// largest eigenvalue. T = K: no groups.
std::shared_ptr<const Pencil> dual_pencil(Matrix t, double largest);

}  // namespace eigenlens
