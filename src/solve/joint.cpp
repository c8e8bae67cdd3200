// SPDX-License-Identifier: Apache-2.0
#include "solve/joint.hpp"

#include <utility>

#include "eigenlens/error.hpp"
#include "solve/dense_update.hpp"

namespace eigenlens {

JointMethod joint_method(std::int64_t rank, std::int64_t classes) {
  const auto r = static_cast<double>(rank), c = static_cast<double>(classes), order = c + 2;
  // Six rounds of two sums over all pairs of classes, and of R small eigenproblems at a tenth of their speed.
  const double secular = 6 * (2 * r * r * c * (c + 1) + 10 * 9 * r * order * order * order);
  const double dense = 3 * 9 * r * r * r;  // half of it is the tridiagonal reduction, bound by memory
  return secular < dense ? JointMethod::secular : JointMethod::dense;
}

JointProblem::JointProblem(Backend& backend, std::vector<double> spectrum, DenseF64 f, JointMethod method)
    : backend_(backend), spectrum_(std::move(spectrum)), f_(std::move(f)), method_(method) {
  for (std::int64_t i = 0; i < f_.size(); ++i) energy_ += f_.data()[i] * f_.data()[i];
}

bool JointProblem::dense_is_exact(double lambda) const {
  constexpr double most = 1e4;  // of ‖FᵀF‖ over λ‖Λ‖: a dense solver loses as many digits of the smaller
  return lambda == 0 || energy_ <= most * lambda * spectrum_.front();
}

JointBasis JointProblem::solve(double lambda, Eigenvectors wanted) {
  if (method_ == JointMethod::dense && dense_is_exact(lambda)) return dense(lambda, wanted);
  try {
    if (!secular_) secular_.emplace(spectrum_, f_, backend_.threads());
    return secular_->solve(lambda, wanted);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::numerical) throw;
    JointBasis basis = dense(lambda, wanted);
    basis.routine += std::string(" after the secular equation failed: ") + error.what();
    return basis;
  }
}

JointBasis JointProblem::dense(double lambda, Eigenvectors wanted) {
  return solve_dense_update(backend_, spectrum_, f_, lambda, wanted);
}

}  // namespace eigenlens
