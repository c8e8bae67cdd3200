// SPDX-License-Identifier: Apache-2.0
/// \file
/// Bases of the joint objective from the principal components of a data set (docs/math.md, (36)).
#pragma once

#include "solve/family.hpp"
#include "solve/joint.hpp"
#include "solve/strengths.hpp"

namespace eigenlens {

/// One weight after another, while nothing else is solved: they take the rows of the workspace's first lane.
class JointBases {
 public:
  /// Λ and F are the μ and the T of principal components without noise, (10), in whatever form they were computed.
  /// Errors: numerical.
  JointBases(Problem& problem, const Family& principal);

  /// Where there is no noise: explained_noisy is explained, clean_power is not filled. Its matrices lie in the
  /// workspace until the next. Errors: numerical.
  SolvedBasis solve(double lambda);

 private:
  void keep_matrices(const JointBasis& joint, SolvedBasis& basis);

  Problem& problem_;
  SolvedBasis principal_;
  JointProblem joint_;
};

}  // namespace eigenlens
