// SPDX-License-Identifier: Apache-2.0
/// \file
/// cuSOLVER's symmetric eigensolvers, called bare on a batch of matrices that lie side by side in device memory.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "device/ceilings.hpp"

namespace eigenlens::bench {

/// `count` symmetric matrices of order n, one after another; the solvers replace them by eigenvectors.
struct Batch64 {
  Batch64(std::int64_t order, std::int64_t problems)
      : n(order), count(problems), a(order * order * problems), values(order * problems), info(problems) {}
  std::int64_t n, count;
  DeviceArray<double> a;
  DeviceArray<double> values;  ///< ascending
  DeviceArray<int> info;
};

/// Lanes and workspaces that outlive the calls, so that a timed call allocates nothing.
class Solvers {
 public:
  explicit Solvers(int lanes);
  /// One problem after another on every lane, a host thread a lane.
  void syevd(Batch64& batch, int lanes);
  void syev_batched(Batch64& batch);
  /// Jacobi's method, to the precision that it reaches by itself.
  void syevj(Batch64& batch);
  /// Throws Error(numerical) if one did not converge.
  static void require_converged(const Batch64& batch);

 private:
  cuda::Pool pool_{0};
  std::vector<std::unique_ptr<cuda::Lane>> lanes_;
};

/// The larger of max_k ‖Az_k − μ_k z_k‖/‖A‖ and ‖ZᵀZ − I‖_max of problem `index`; a: its matrix, both triangles.
double solution_error(const Batch64& batch, std::int64_t index, const std::vector<double>& a);

/// A graded matrix, large end first, whose eigenvalues are known to nearly full relative precision: FᵀF with
/// F = X diag(w), X well conditioned; the values are squared singular values of F by one-sided Jacobi rotations.
struct Graded {
  std::vector<double> matrix;       ///< n × n, both triangles
  std::vector<double> eigenvalues;  ///< ascending; empty unless asked for
};

/// diag(w) (I + small random symmetric) diag(w), w falling over half of `decades`: a matrix to time with. O(n²).
std::vector<double> graded_matrix(std::int64_t n, double decades, std::uint64_t seed);
/// The same kind with known eigenvalues. About 20n³ flops on one core: for n of a few hundred.
Graded graded_problem(std::int64_t n, double decades, std::uint64_t seed);

}  // namespace eigenlens::bench
