// SPDX-License-Identifier: Apache-2.0
/// \file
/// Sums of squares over the corners of a matrix: what couples the first K coordinates with the rest, for every K.
#pragma once

#include <vector>

#include "backend/backend.hpp"

namespace eigenlens {

struct CornerEnergies {
  std::vector<double> corner;    ///< rows: Σ_{i≤K<j} a_ij² at entry K − 1
  std::vector<double> diagonal;  ///< a_ii, as many as the shorter side has
  double total = 0;              ///< Σ a_ij²
};

/// Of A (r × c, r ≤ c) in a backend's memory. Only sums of squares, in a fixed order: what is tiny keeps its digits. On
/// the host, a panel of columns at a time: A travels once, 8rc bytes and as many flops, nothing beside the products
/// that made it, so that there is no verb for it.
CornerEnergies corner_energies(Backend& backend, const Matrix& a);

}  // namespace eigenlens
