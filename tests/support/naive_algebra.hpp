// SPDX-License-Identifier: Apache-2.0
/// \file
/// Linear algebra that a hand could check: plain loops in long double, no library. Only for small sizes.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "eigenlens/dense.hpp"

namespace eigenlens::test {

using Real = long double;
using RealMatrix = Dense<Real>;

RealMatrix transpose(const RealMatrix& a);
RealMatrix product(const RealMatrix& a, const RealMatrix& b);
Real trace(const RealMatrix& a);

/// A = P diag(values) Pᵀ, values descending.
struct Eigen {
  std::vector<Real> values;
  RealMatrix vectors;
};
/// The cyclic Jacobi method on a symmetric matrix.
Eigen jacobi_eigen(RealMatrix a);

/// Lower L with A = L·Lᵀ; nothing if a pivot is not above `smallest` times the largest diagonal entry.
std::optional<RealMatrix> cholesky(const RealMatrix& a, Real smallest);
/// X with L·X = B, L lower triangular.
RealMatrix solve_lower(const RealMatrix& l, const RealMatrix& b);
/// X with Lᵀ·X = B, L lower triangular.
RealMatrix solve_lower_transposed(const RealMatrix& l, const RealMatrix& b);

/// Orthonormal columns, the first k of which span the first k columns of A (Gram–Schmidt, twice). A has full column
/// rank.
RealMatrix orthonormal_columns(RealMatrix a);

/// A₁A₁ᵀv = μSv on the range of S: the `count` largest μ, descending, and V with VᵀSV = I.
/// The range of S is decided with the rule that the engine has for ranks: λ > ε·D·λ₁ with the ε of double.
Eigen generalized_eigen(const RealMatrix& a1, const RealMatrix& s, std::int64_t count);

/// How many eigenvalues (descending) are above ε·D·λ₁ with the ε of double.
std::int64_t numerical_rank(const std::vector<Real>& values);

}  // namespace eigenlens::test
