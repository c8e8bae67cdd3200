// SPDX-License-Identifier: Apache-2.0
#include "solve/strengths.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "backend/transfer.hpp"
#include "eigenlens/error.hpp"
#include "host/index.hpp"
#include "solve/basis_checks.hpp"

namespace eigenlens {
namespace {

using Weights = std::vector<std::vector<double>>;

/// f(θ_k, strength) for every strength and k.
template <class Function>
Weights weights_of(const Family& family, std::span<const Strength> strengths, Function f) {
  Weights all;
  for (const Strength& strength : strengths) {
    all.emplace_back();
    for (const double theta : family.theta) all.back().push_back(f(theta, strength));
  }
  return all;
}

void require_all(const std::vector<SolveStatus>& status) {
  for (const SolveStatus& s : status)
    if (!s.ok) throw Error(ErrorCode::numerical, fmt::format("{}: {}", s.routine, s.detail));
}

DenseF64 columns(const DenseF64& from, std::int64_t first, std::int64_t count) {
  DenseF64 part(from.rows(), count);
  std::copy_n(from.col(first), part.size(), part.data());
  return part;
}

/// Rows of `projected` times w.
DenseF64 weighted_rows(const DenseF64& projected, const std::vector<double>& w) {
  DenseF64 all(projected.rows(), projected.cols());
  for (std::int64_t j = 0; j < all.cols(); ++j)
    for (std::int64_t i = 0; i < all.rows(); ++i) all(i, j) = w[at(i)] * projected(i, j);
  return all;
}

/// 1e-6 + 50 R ε cond(aΘ + b).
double orthogonality_limit(const Family& family, const Strength& strength) {
  const double largest = strength.a * family.theta.front() + strength.b;
  const double smallest = strength.a * family.theta.back() + strength.b;
  const double order = static_cast<double>(family.theta.size());
  return 1e-6 + 50 * order * std::numeric_limits<double>::epsilon() * largest / smallest;
}

/// B = I: H = Θ²/(aΘ + b) is diagonal, so V = P(aΘ + b)^{-1/2} and VᵀGV is diagonal too.
SolvedBasis solve_isotropic(Problem& p, const Family& family, const Strength& strength) {
  SolvedBasis solved;
  std::vector<double> w;
  for (const double theta : family.theta) {
    const double s = strength.a * theta + strength.b;
    w.push_back(1 / std::sqrt(s));
    solved.mu.push_back(theta * theta / s);
    solved.clean_power.push_back(theta / s);
    solved.whitened_gram_power.push_back(theta);
  }
  const DenseF64 projected = weighted_rows(family.projected, w);
  const std::int64_t classes = p.m.cols();
  solved.cross = columns(projected, 0, classes);
  solved.whitened_cross = solved.cross;
  for (std::int64_t c = 0; c < classes; ++c)
    for (std::int64_t k = 0; k < projected.rows(); ++k)
      solved.whitened_cross(k, c) /= std::sqrt(solved.clean_power[at(k)]);
  solved.orthogonality_limit = orthogonality_limit(family, strength);
  solved.residual = sketched_residual(p, strength, solved.mu, projected);
  solved.orthogonality = sketched_orthogonality(p, family, strength, w, nullptr);
  solved.routine = family.routine;
  return solved;
}

/// Everything that follows from Z while it is still orthonormal: VᵀM, the checks.
void read_basis(Problem& p, const Family& family, const Strength& strength, const std::vector<double>& w,
                const Matrix& z, SolvedBasis& solved) {
  for (double& mu : solved.mu) mu = std::max(mu, 0.0);
  const DenseF64 projected = product(p.backend, 'T', z, weighted_rows(family.projected, w));
  solved.cross = columns(projected, 0, p.m.cols());
  solved.orthogonality_limit = orthogonality_limit(family, strength);
  solved.residual = sketched_residual(p, strength, solved.mu, projected);
  solved.orthogonality = sketched_orthogonality(p, family, strength, w, &z);
}

/// Section 2: with unit G-norms, VᵀGV = LLᵀ, T = L⁻¹VᵀM, and T_x T_xᵀ = L⁻¹ (VᵀG²V) L^{-T} with VᵀG²V = diag μ.
void orthonormalize(Problem& p, const Family& family, std::span<const Strength> strengths, std::span<Matrix> z,
                    std::span<Matrix> c, std::vector<SolvedBasis>& solved) {
  const std::size_t lanes = strengths.size();
  Weights norms(lanes), gram_weights(lanes), rows(lanes);
  p.backend.normalize_columns(
      z, weights_of(family, strengths, [](double t, const Strength& s) { return std::sqrt(t / (s.a * t + s.b)); }),
      norms);
  p.backend.gram(std::span<const Matrix>(z.data(), lanes), c);
  require_all(p.backend.cholesky(c));
  std::vector<Matrix> right;
  for (std::size_t l = 0; l < lanes; ++l) {
    SolvedBasis& basis = solved[l];
    DenseF64 scaled = basis.cross;
    for (std::size_t k = 0; k < norms[l].size(); ++k) {
      const double norm = norms[l][k];
      basis.clean_power.push_back(norm * norm);
      gram_weights[l].push_back(basis.mu[k] / (norm * norm));
      for (std::int64_t j = 0; j < scaled.cols(); ++j) scaled(static_cast<std::int64_t>(k), j) /= norm;
    }
    right.push_back(uploaded(p.backend, scaled));
  }
  p.backend.triangular_solve(std::span<const Matrix>(c.data(), lanes), right);
  p.backend.inverse_row_norms(c, gram_weights, rows);
  for (std::size_t l = 0; l < lanes; ++l) {
    solved[l].whitened_cross = downloaded(p.backend, right[l]);
    solved[l].whitened_gram_power = rows[l];
  }
}

}  // namespace

std::vector<SolvedBasis> solve_strengths(Problem& p, const Family& family, std::span<const Strength> strengths) {
  std::vector<SolvedBasis> solved;
  if (family.isotropic()) {
    for (const Strength& strength : strengths) solved.push_back(solve_isotropic(p, family, strength));
    return solved;
  }
  const std::size_t lanes = strengths.size();
  const auto rank = static_cast<std::int64_t>(family.theta.size());
  const bool accurate = p.mode == SolveMode::accurate;
  solved.resize(lanes);
  const Weights w =
      weights_of(family, strengths, [](double t, const Strength& s) { return 1 / std::sqrt(s.a * t + s.b); });
  std::vector<Matrix> a, z;
  for (std::size_t l = 0; l < lanes; ++l) {
    a.push_back(p.workspace.scratch[l].reshaped(accurate ? p.centring.dimension() : rank, rank));
    z.push_back(p.workspace.vectors[l].reshaped(rank, rank));
  }
  // 1. H = (aΘ + b)^{-1/2} E (aΘ + b)^{-1/2} = ZμZᵀ, or the singular vectors of its factor QΘ(aΘ + b)^{-1/2}
  Weights values(lanes);
  std::vector<SolveStatus> status;
  if (accurate) {
    const Weights factor_weights =
        weights_of(family, strengths, [](double t, const Strength& s) { return t / std::sqrt(s.a * t + s.b); });
    status = p.backend.svd(family.q, factor_weights, a, z, values);
  } else {
    p.backend.congruence(family.e, w, a);
    status = p.backend.eigh(a, z, values);
  }
  require_all(status);
  // 2. VᵀM and the checks
  for (std::size_t l = 0; l < lanes; ++l) {
    solved[l].mu = values[l];
    solved[l].routine = status[l].routine;
    read_basis(p, family, strengths[l], w[l], z[l], solved[l]);
    a[l] = a[l].reshaped(rank, rank);
  }
  // 3. all K from one Cholesky
  orthonormalize(p, family, strengths, z, a, solved);
  return solved;
}

}  // namespace eigenlens
