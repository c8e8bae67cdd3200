// SPDX-License-Identifier: Apache-2.0
/// \file
/// The secular equation at one ν as a symmetric matrix of order C′ + 2 or so, of which an eigenvalue vanishes at a root
/// (docs/math.md, (39)).
#pragma once

#include <cstdint>
#include <vector>

#include "host/lapack.hpp"
#include "solve/poles.hpp"

namespace eigenlens {

/// The k-th eigenvalue ν = λ_origin + δ, k and origin among the active slots. The poles near_first … near_end − 1 stay
/// in the small matrix, which is smooth among them.
struct Root {
  std::int64_t k = 0;
  std::int64_t origin = 0;
  std::int64_t other = 0;  ///< the pole at the other end of the bracket, or the origin
  std::int64_t near_first = 0;
  std::int64_t near_end = 0;
  double delta = 0;
  double low = 0;  ///< δ is in [low, high]
  double high = 0;
  double step = 0;        ///< of the last iteration
  double scale = 0;       ///< distance to the nearest pole that is not near
  double resolution = 0;  ///< how far the nearest pole, or a displacement of its own, lies: SmallProblem::resolution
  bool found = false;
};

/// An eigenpair of the small matrix, and what it makes of h, whose other entries are −f_rᵀg/(λ_r − ν).
struct SmallPair {
  double newton = 0;         ///< the step in ν to where the eigenvalue vanishes
  std::vector<double> near;  ///< h of the near poles
  std::vector<double> g;     ///< C′
  std::vector<double> t;     ///< C′: F h
};

/// One small matrix after another, in the same memory.
class SmallProblem {
 public:
  SmallProblem(const Poles& poles, double lambda) : poles_(poles), lambda_(lambda) {}

  /// `first` and `second`: packed lower triangles (column by column) of F diag(1/(λ_r − ν)) Fᵀ and F diag(1/(λ_r − ν)²)
  /// Fᵀ over the poles that are not near. O(order³). Errors: numerical.
  void decompose(const Root& root, const double* first, const double* second);

  [[nodiscard]] std::int64_t order() const { return order_; }
  /// What every part of the matrix is scaled to: the distance to the nearest pole, at least what FᵀF/λ moves that pole
  /// by, at most the distance to the far poles. Small distances within a cluster are not drowned by the rest.
  [[nodiscard]] double resolution() const { return resolution_; }
  /// How many eigenvalues are above zero: with the poles above the near ones, the eigenvalues of Λ + FᵀF/λ above ν.
  [[nodiscard]] std::int64_t positive() const;
  /// The Newton step of eigenpair j, descending; infinite where the eigenvalue does not depend on ν.
  [[nodiscard]] double newton(std::int64_t j) const;
  [[nodiscard]] SmallPair pair(std::int64_t j) const;

 private:
  void unpack(const double* packed, std::vector<double>& full) const;
  void find_factors(const Root& root);
  [[nodiscard]] double distance_to(const Root& root, std::int64_t pole) const;
  void assemble(const Root& root);
  [[nodiscard]] const double* vector(std::int64_t j) const;

  const Poles& poles_;
  double lambda_;
  std::int64_t near_first_ = 0;
  std::int64_t near_ = 0;
  std::int64_t order_ = 0;
  double resolution_ = 1;
  std::vector<double> first_;    ///< C′ × C′
  std::vector<double> second_;   ///< C′ × C′
  std::vector<double> factors_;  ///< order: what the matrix is scaled by, from both sides
  std::vector<bool> from_g_;     ///< C′: whether t is λg, or F times h
  std::vector<double> matrix_;   ///< order × order; then its eigenvectors, ascending
  std::vector<double> values_;
  std::vector<double> work_;
  std::vector<lapack::Int> integers_;
};

}  // namespace eigenlens
