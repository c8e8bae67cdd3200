// SPDX-License-Identifier: Apache-2.0
/// \file
/// cuSOLVER's symmetric eigensolvers, called bare, and our own, on a batch of matrices that lie side by side in device
/// memory.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "backend/cuda/context.hpp"
#include "backend/cuda/tridiagonal_route.hpp"
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

/// Whether a lane waits for the others between an eigenproblem and what follows it.
enum class Order { stage_by_stage, lane_by_lane };

/// Lanes and workspaces that outlive the calls, so that a timed call allocates nothing.
class Solvers {
 public:
  explicit Solvers(int lanes);
  /// One problem after another on every lane, a host thread a lane.
  void syevd(Batch64& batch, int lanes);
  void syev_batched(Batch64& batch);
  /// ZᵀZ = LLᵀ of every solution, into `factors`, n × n each: what the engine makes of eigenvectors.
  void factor(const Batch64& batch, DeviceArray<double>& factors, int lanes);
  /// syevd, then factor.
  void solve_and_factor(Batch64& batch, DeviceArray<double>& factors, int lanes, Order order);
  /// The engine's own solver (src/backend/cuda/tridiagonal_route.hpp) for the whole batch.
  void tridiagonal(
      Batch64& batch, const cuda::TridiagonalObserver& done = [](const char*) {});
  /// The same, and the seconds of each of its steps.
  std::vector<std::pair<std::string, double>> tridiagonal_steps(Batch64& batch);
  /// Jacobi's method, to the precision that it reaches by itself.
  void syevj(Batch64& batch);
  /// Throws Error(numerical) if one did not converge.
  static void require_converged(const Batch64& batch);

 private:
  /// work(lane, index) of every problem, a thread of the host a lane; returns when all is done.
  void for_each(std::int64_t problems, int lanes, const std::function<void(cuda::Lane&, std::int64_t)>& work);

  cuda::Pool pool_{0};
  std::vector<std::unique_ptr<cuda::Lane>> lanes_;
  std::shared_ptr<cuda::Context> own_;        ///< of the engine's own solver
  std::optional<DeviceArray<double>> found_;  ///< its vectors
};

/// The larger of max_k ‖Az_k − μ_k z_k‖/‖A‖ and ‖ZᵀZ − I‖_max of problem `index`; a: its matrix, both triangles.
double solution_error(const Batch64& batch, std::int64_t index, const std::vector<double>& a);

/// Largest |L − I| of factors of solutions, whose ZᵀZ is I.
double factor_error(const Batch64& batch, const DeviceArray<double>& factors);

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
