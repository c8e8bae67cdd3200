// SPDX-License-Identifier: Apache-2.0
#include "sweep/joint_bases.hpp"

#include <cmath>
#include <utility>

#include "backend/single.hpp"
#include "host/index.hpp"

namespace eigenlens {
namespace {

/// ‖HHᵀ − I‖ of a basis that is right lies far below.
constexpr double orthogonality_limit = 1e-6;

/// Λ^{-1/2}, a lane.
Weights whitening(const Family& principal) {
  Weights w(1);
  for (const double theta : principal.theta) w[0].push_back(1 / std::sqrt(theta));
  return w;
}

}  // namespace

DenseF64 whitened_targets(Problem& p, const Family& principal) {
  DenseF64 projected(principal.rank(), p.classes());
  p.backend.download(principal.projected.columns(0, p.classes()), projected.data());
  DenseF64 f(p.classes(), principal.rank());
  for (std::int64_t k = 0; k < principal.rank(); ++k)
    for (std::int64_t c = 0; c < p.classes(); ++c) f(c, k) = projected(k, c) / std::sqrt(principal.theta[at(k)]);
  return f;
}

JointBases::JointBases(Problem& problem, const Family& principal)
    : problem_(problem),
      principal_(principal),
      joint_(problem.backend, principal.theta, whitened_targets(problem, principal),
             joint_method(principal.rank(), problem.classes())) {}

SolvedBasis JointBases::solve(double lambda) {
  const bool encoders = encodes(problem_.outcome);
  JointBasis joint = joint_.solve(lambda, encoders ? Eigenvectors::all : Eigenvectors::none);
  SolvedBasis basis;
  double explained = 0, by_sizes = 0, inputs = 0;
  for (std::int64_t k = 0; k < principal_.rank(); ++k) {
    for (std::int64_t c = 0; c < problem_.classes(); ++c) {
      const double energy = joint.targets(k, c) * joint.targets(k, c);
      explained += energy;
      by_sizes += static_cast<double>(problem_.centring.class_counts()[at(c)]) * energy;
    }
    basis.explained.push_back(explained);
    basis.explained_by_sizes.push_back(by_sizes);
    basis.explained_inputs.push_back(inputs += joint.inputs[at(k)]);
  }
  basis.explained_noisy = basis.explained;
  basis.residual = joint.residual;
  basis.orthogonality = joint.orthogonality;
  basis.orthogonality_limit = orthogonality_limit;
  basis.routine = joint.routine + " after " + principal_.routine;
  keep_matrices(joint, basis);
  basis.mu = std::move(joint.mu);
  return basis;
}

/// T as it was found, and E = HᵀΛ^{-1/2}Pᵀ, or in the dual form Qᵀ.
void JointBases::keep_matrices(const JointBasis& joint, SolvedBasis& basis) {
  Backend& backend = problem_.backend;
  const std::int64_t rank = principal_.rank();
  const std::int64_t wide = problem_.orthonormalized();
  Matrix kept = problem_.workspace.rows[1][0].reshaped(rank, wide);
  basis.targets = kept.columns(0, problem_.classes());
  if (encodes(problem_.outcome)) {
    Matrix h = problem_.workspace.vectors[0].reshaped(rank, rank);
    Matrix whitened = problem_.workspace.rows[0][0].reshaped(rank, wide);
    backend.upload(joint.h.data(), h);
    backend.scale_rows(single(principal_.projected.columns(0, wide)), whitening(principal_), single(whitened));
    multiply_single(backend, Op::transpose, Op::none, h, whitened, 0, kept);
    (problem_.form == MomentsForm::dual ? basis.representation : basis.encoder) =
        kept.columns(problem_.classes(), problem_.order());
  }
  backend.upload(joint.targets.data(), basis.targets);
}

}  // namespace eigenlens
