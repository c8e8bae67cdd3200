// SPDX-License-Identifier: Apache-2.0
#include "sweep/joint_bases.hpp"

#include <span>
#include <utility>

#include "backend/single.hpp"
#include "backend/transfer.hpp"
#include "host/index.hpp"

namespace eigenlens {
namespace {

/// ‖HHᵀ − I‖ of a basis that is right lies far below.
constexpr double orthogonality_limit = 1e-6;

SolvedBasis without_noise(Problem& problem, const Family& principal) {
  const Strength none;
  return std::move(solve_strengths(problem, principal, std::span(&none, 1))[0]);
}

/// F = Tᵀ, C × R.
DenseF64 whitened_targets(Problem& p, const SolvedBasis& principal) {
  const DenseF64 t = downloaded(p.backend, principal.targets);
  DenseF64 f(t.cols(), t.rows());
  for (std::int64_t k = 0; k < t.rows(); ++k)
    for (std::int64_t c = 0; c < t.cols(); ++c) f(c, k) = t(k, c);
  return f;
}

}  // namespace

JointBases::JointBases(Problem& problem, const Family& principal)
    : problem_(problem),
      principal_(without_noise(problem, principal)),
      joint_(problem.backend, principal_.mu, whitened_targets(problem, principal_),
             joint_method(static_cast<std::int64_t>(principal_.mu.size()), problem.classes())) {}

SolvedBasis JointBases::solve(double lambda) {
  const bool encoders = encodes(problem_.outcome);
  JointBasis joint = joint_.solve(lambda, encoders ? Eigenvectors::all : Eigenvectors::none);
  SolvedBasis basis;
  double explained = 0, by_sizes = 0, inputs = 0;
  for (std::int64_t k = 0; k < static_cast<std::int64_t>(principal_.mu.size()); ++k) {
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

/// T as it was found, and E = HᵀE₀ with the encoder E₀ = Λ^{-1/2}Pᵀ of the principal components (in the dual form,
/// their representations).
void JointBases::keep_matrices(const JointBasis& joint, SolvedBasis& basis) {
  Backend& backend = problem_.backend;
  const auto rank = static_cast<std::int64_t>(principal_.mu.size());
  const Matrix kept = problem_.workspace.rows[1][0].reshaped(rank, problem_.orthonormalized());
  basis.targets = kept.columns(0, problem_.classes());
  if (encodes(problem_.outcome)) {
    Matrix h = problem_.workspace.vectors[0].reshaped(rank, rank);
    backend.upload(joint.h.data(), h);
    const bool dual = problem_.form == MomentsForm::dual;
    const Matrix& from = dual ? principal_.representation : principal_.encoder;
    Matrix& to = dual ? basis.representation : basis.encoder;
    to = kept.columns(problem_.classes(), from.cols());
    multiply_single(backend, Op::transpose, Op::none, h, from, 0, to);
  }
  backend.upload(joint.targets.data(), basis.targets);
}

}  // namespace eigenlens
