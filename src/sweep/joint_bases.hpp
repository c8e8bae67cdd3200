// SPDX-License-Identifier: Apache-2.0
/// \file
/// Bases of the joint objective from the principal components of a data set (docs/math.md, section 8).
#pragma once

#include "solve/family.hpp"
#include "solve/joint.hpp"
#include "solve/strengths.hpp"

namespace eigenlens {

/// F of the joint objective, C × R, from principal components: (10) with F = Tᵀ. 2RC numbers leave the backend.
DenseF64 whitened_targets(Problem& problem, const Family& principal);

/// One weight after another, while `principal` has its matrices. Takes the rows of the workspace's first lane.
class JointBases {
 public:
  /// Errors: numerical.
  JointBases(Problem& problem, const Family& principal);

  /// Where there is no noise: explained_noisy is explained, clean_power is not filled. Its matrices lie in the
  /// workspace until the next. Errors: numerical.
  SolvedBasis solve(double lambda);

 private:
  void keep_matrices(const JointBasis& joint, SolvedBasis& basis);

  Problem& problem_;
  const Family& principal_;
  JointProblem joint_;
};

}  // namespace eigenlens
