// SPDX-License-Identifier: Apache-2.0
/// \file
/// Symmetric matrices whose eigenvalues are known.
#pragma once

#include <vector>

#include "support/backend_cases.hpp"

namespace eigenlens::test {

/// Q·diag(values)·Qᵀ, Q a random reflection.
inline DenseF64 with_values(const std::vector<double>& values, Draws& draws) {
  const auto n = static_cast<std::int64_t>(values.size());
  const DenseF64 v = random_matrix(n, 1, draws);
  const double square = frobenius(v) * frobenius(v);
  DenseF64 q(n, n);
  for (std::int64_t j = 0; j < n; ++j)
    for (std::int64_t i = 0; i < n; ++i) q(i, j) = (i == j ? 1 : 0) - 2 * v(i, 0) * v(j, 0) / square;
  DenseF64 a = naive_product('N', 'T', scaled_columns(q, values), q);
  for (std::int64_t j = 0; j < n; ++j)
    for (std::int64_t i = 0; i < j; ++i) a(i, j) = a(j, i);
  return a;
}

}  // namespace eigenlens::test
