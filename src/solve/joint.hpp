// SPDX-License-Identifier: Apache-2.0
/// \file
/// The joint objective ‖WᵀVᵀX − Y‖² + λ‖ZᵀVᵀX − X‖² at every λ and K (docs/math.md, (36) to (44)).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "backend/backend.hpp"
#include "solve/low_rank_update.hpp"

namespace eigenlens {

/// How the eigenvectors of FᵀF + λΛ are found.
enum class JointMethod {
  secular,  ///< diagonal plus rank C, on the host: O(R²C²) a λ
  dense,    ///< one eigenproblem of order R a λ, by the backend; small λ > 0, where it loses digits, go the other way
};

/// The cheaper one, by the flops of both and what they were measured to run at (bench/README.md, bench_joint).
JointMethod joint_method(std::int64_t rank, std::int64_t classes);

class JointProblem {
 public:
  /// Λ (R, descending, positive) and F (C × R, not zero), the part of Y that is linear in X, in whitened principal
  /// coordinates. They are all that is needed, wherever they come from. Errors: numerical.
  JointProblem(Backend& backend, std::vector<double> spectrum, DenseF64 f, JointMethod method);

  /// λ in [0, ∞], limits included: see LowRankUpdate::solve. Errors: numerical, where an eigensolver fails; a secular
  /// equation that fails is solved densely, and `routine` says so.
  [[nodiscard]] JointBasis solve(double lambda, Eigenvectors wanted);

 private:
  [[nodiscard]] JointBasis dense(double lambda, Eigenvectors wanted);
  [[nodiscard]] bool dense_is_exact(double lambda) const;

  Backend& backend_;
  std::vector<double> spectrum_;
  DenseF64 f_;
  JointMethod method_;
  double energy_ = 0;                     ///< ‖F‖²
  std::optional<LowRankUpdate> secular_;  ///< from the first λ that takes it
};

}  // namespace eigenlens
