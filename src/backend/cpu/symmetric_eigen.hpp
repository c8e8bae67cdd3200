// SPDX-License-Identifier: Apache-2.0
/// \file
/// One symmetric eigenproblem, or the singular vectors of its factor, on the CPU in double.
#pragma once

#include <cstdint>
#include <vector>

#include "backend/backend.hpp"

namespace eigenlens {

/// Which of LAPACK's solvers of tridiagonal problems comes first. Divide and conquer is what GPU libraries have: here
/// it lets the CPU stand in for them in tests.
enum class CpuEigensolver { relatively_robust, divide_and_conquer };

/// A = Z diag(values) Zᵀ, both descending. A (n × n, lower triangle read) is destroyed; Z is n × n. Room: O(n).
/// Uses as many BLAS threads as are set. A matrix that is not finite, or on which every routine failed, is a status;
/// beyond symmetric_eigen_largest it is Error(usage).
///
/// dsytrd of the lower triangle, dstemr, and a back-transformation of our own. The choice is one of accuracy: H of
/// docs/math.md is graded, large entries first; reduced from that end, T is graded too, and MRRR keeps the relative
/// precision of small eigenvalues, which divide and conquer (dstedc, dsyevd) throws away. CIFAR-10, pixel masks, ratio
/// 0.99: the far tail of the curve departs from the singular vectors' by 7e-14, and by 1e-4 with dstedc
/// (bench/README.md). So callers pass graded matrices with the large end first. It holds down to some tens of nε times
/// the largest eigenvalue: below, dstemr drops off-diagonal entries under ε‖T‖ unless T is scaled diagonally dominant
/// (dlarrr), and what is left is good to ε‖T‖ (tests/test_backend_eigen.cpp).
SolveStatus symmetric_eigen(std::int64_t n, double* a, double* z, std::vector<double>& values,
                            CpuEigensolver solver = CpuEigensolver::relatively_robust);

/// A (m × n, m ≥ n) = U diag(√values) Zᵀ by dgesdd, values descending; A is destroyed. Takes about 4n² doubles of room.
/// Returns dgesdd's info: 0 if it converged.
std::int64_t right_singular_vectors(std::int64_t m, std::int64_t n, double* a, double* z, std::vector<double>& values);

/// The largest n of right_singular_vectors: dgesdd's workspace of about 4n² + 7n must stay below 2³¹.
inline constexpr std::int64_t right_singular_vectors_largest = 23000;

/// The largest n of symmetric_eigen: the workspace 1 + 4n + n² of dstedc, to which a failure falls back, must stay
/// below 2³¹.
inline constexpr std::int64_t symmetric_eigen_largest = 46000;

}  // namespace eigenlens
