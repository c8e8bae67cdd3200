// SPDX-License-Identifier: Apache-2.0
/// \file
/// Singular value decompositions of small or thin matrices on the host.
#pragma once

#include <vector>

#include "eigenlens/dense.hpp"

namespace eigenlens {

/// How many singular vectors.
enum class SingularVectors {
  thin,  ///< as many as singular values, min(m, n)
  all,   ///< U of m × m, Vᵀ of n × n
};

/// A = U diag(sigma) Vᵀ, sigma descending.
struct SingularValues {
  DenseF64 u;
  DenseF64 vt;
  std::vector<double> sigma;
};

/// Of A (m × n), by dgesdd. Error(numerical), with A's sizes, if it fails.
SingularValues singular_values(DenseF64 a, SingularVectors vectors);

}  // namespace eigenlens
