// SPDX-License-Identifier: Apache-2.0
#include "solve/strengths.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "backend/single.hpp"
#include "eigenlens/error.hpp"
#include "host/index.hpp"
#include "solve/basis_checks.hpp"
#include "solve/refine_tail.hpp"

namespace eigenlens {
namespace {

using Strengths = std::span<const Strength>;
using Solved = std::span<SolvedBasis>;

/// f(θ_k, strength) for every strength and k.
template <class Function>
Weights weights_of(const Family& family, Strengths strengths, Function f) {
  Weights all;
  for (const Strength& strength : strengths) {
    all.emplace_back();
    for (const double theta : family.theta) all.back().push_back(f(theta, strength));
  }
  return all;
}

double noise_power(double theta, const Strength& s) { return s.a * theta + s.b; }
double whitening(double theta, const Strength& s) { return 1 / std::sqrt(noise_power(theta, s)); }

void require_all(const std::vector<SolveStatus>& status) {
  for (const SolveStatus& s : status)
    if (!s.ok) throw Error(ErrorCode::numerical, fmt::format("{}: {}", s.routine, s.detail));
}

/// The same columns of every lane's matrix.
std::vector<Matrix> columns(std::span<const Matrix> from, std::int64_t first, std::int64_t count) {
  std::vector<Matrix> parts;
  for (const Matrix& matrix : from) parts.push_back(matrix.columns(first, count));
  return parts;
}

/// The leading lanes' matrices, seen as rows × cols.
std::vector<Matrix> views(const std::vector<Matrix>& rooms, std::size_t lanes, std::int64_t rows, std::int64_t cols) {
  std::vector<Matrix> all;
  for (std::size_t l = 0; l < lanes; ++l) all.push_back(rooms[l].reshaped(rows, cols));
  return all;
}

/// The checks, and VᵀM's own sums. `projected` is Vᵀ of Problem::right, R × w; z as in Pencil::orthogonality.
void read_basis(Problem& p, const Family& family, Strengths strengths, const Weights& w,
                std::span<const Matrix> projected, std::span<const Matrix> z, Solved solved) {
  const std::size_t lanes = strengths.size();
  Weights mu, noisy(lanes);
  for (const SolvedBasis& basis : solved) mu.push_back(basis.mu);
  p.backend.cumulative_energy(columns(projected, 0, p.classes()), Part::full, Weights(lanes), noisy);
  const std::vector<double> residuals =
      family.pencil->residuals(p, strengths, mu, columns(projected, p.orthonormalized(), 4 * sketch_columns));
  const std::vector<Orthogonality> orthogonality = family.pencil->orthogonality(p, family, strengths, w, z);
  for (std::size_t l = 0; l < lanes; ++l) {
    solved[l].explained_noisy = std::move(noisy[l]);
    solved[l].residual = residuals[l];
    solved[l].orthogonality = orthogonality[l].defect;
    solved[l].orthogonality_limit = orthogonality[l].limit;
  }
}

/// The sums over T, the first C columns of `orthonormal`, which is L⁻¹Vᵀ[M, I].
void read_targets(Problem& p, std::span<const Matrix> orthonormal, Solved solved) {
  const std::vector<Matrix> t = columns(orthonormal, 0, p.classes());
  std::vector<double> sizes;
  for (const std::int64_t size : p.centring.class_counts()) sizes.push_back(static_cast<double>(size));
  Weights plain(solved.size()), by_sizes(solved.size());
  p.backend.cumulative_energy(t, Part::full, Weights(solved.size()), plain);
  p.backend.cumulative_energy(t, Part::full, Weights(solved.size(), sizes), by_sizes);
  for (std::size_t l = 0; l < solved.size(); ++l) {
    solved[l].targets = t[l];
    if (encodes(p.outcome)) solved[l].encoder = orthonormal[l].columns(p.classes(), p.dimension());
    solved[l].explained = std::move(plain[l]);
    solved[l].explained_by_sizes = std::move(by_sizes[l]);
  }
}

/// B = I: H = Θ²/(aΘ + b) is diagonal, so V = P(aΘ + b)^{-1/2} and VᵀGV is diagonal too.
void solve_isotropic(Problem& p, const Family& family, Strengths strengths, Solved solved) {
  const std::size_t lanes = strengths.size();
  for (std::size_t l = 0; l < lanes; ++l) {
    for (const double theta : family.theta) {
      solved[l].mu.push_back(theta * theta / noise_power(theta, strengths[l]));
      solved[l].clean_power.push_back(theta / noise_power(theta, strengths[l]));
    }
    solved[l].explained_inputs.resize(family.theta.size());
    std::partial_sum(family.theta.begin(), family.theta.end(), solved[l].explained_inputs.begin());
    solved[l].routine = family.routine;
  }
  const Weights w = weights_of(family, strengths, whitening);
  std::vector<Matrix> projected = views(p.workspace.rows[0], lanes, family.rank(), family.projected.cols());
  p.backend.scale_rows(single(family.projected), w, projected);
  read_basis(p, family, strengths, w, projected, {}, solved);
  const Weights unit =
      weights_of(family, strengths, [](double t, const Strength& s) { return std::sqrt(noise_power(t, s) / t); });
  std::vector<Matrix> orthonormal = columns(projected, 0, p.orthonormalized());
  p.backend.scale_rows(orthonormal, unit, orthonormal);
  read_targets(p, orthonormal, solved);
}

/// H = (aΘ + b)^{-1/2} E (aΘ + b)^{-1/2} = ZμZᵀ, or the singular vectors of its factor QΘ(aΘ + b)^{-1/2}.
void decompose(Problem& p, const Family& family, Strengths strengths, const Weights& w, std::span<Matrix> z,
               Solved solved) {
  const std::size_t lanes = strengths.size();
  const std::int64_t rank = family.rank();
  Weights mu(lanes);
  std::vector<SolveStatus> status;
  if (p.mode == SolveMode::accurate) {
    std::vector<Matrix> a = views(p.workspace.scratch, lanes, p.dimension(), rank);
    const auto scale = [](double t, const Strength& s) { return t * whitening(t, s); };
    status = p.backend.svd(family.q, weights_of(family, strengths, scale), a, z, mu);
  } else {
    std::vector<Matrix> h = views(p.workspace.scratch, lanes, rank, rank);
    p.backend.congruence(family.e, w, h);
    status = p.backend.eigh(h, z, mu);
    refine_tails(p, family, strengths, z, mu, status);
  }
  require_all(status);
  for (std::size_t l = 0; l < lanes; ++l) {
    for (double& value : mu[l]) value = std::max(value, 0.0);
    solved[l].mu = std::move(mu[l]);
    solved[l].routine = std::move(status[l].routine);
  }
}

/// Section 2: with unit G-norms, VᵀGV = LLᵀ, T = L⁻¹VᵀM, and T_x T_xᵀ = L⁻¹ (VᵀG²V) L^{-T} with VᵀG²V = diag μ. `cross`
/// is Vᵀ[M, I], which becomes [T, E]; Z is destroyed.
void orthonormalize(Problem& p, const Family& family, Strengths strengths, std::span<Matrix> z, std::span<Matrix> cross,
                    Solved solved) {
  const std::size_t lanes = strengths.size();
  std::vector<Matrix> c = views(p.workspace.scratch, lanes, family.rank(), family.rank());
  Weights norms(lanes), inverse(lanes), gram_weights(lanes), inputs(lanes);
  const auto clean = [](double t, const Strength& s) { return std::sqrt(t / noise_power(t, s)); };
  p.backend.normalize_columns(z, weights_of(family, strengths, clean), norms);
  p.backend.gram(z, c);
  require_all(p.backend.cholesky(c));
  for (std::size_t l = 0; l < lanes; ++l)
    for (std::size_t k = 0; k < norms[l].size(); ++k) {
      const double norm = norms[l][k], power = norm * norm;
      solved[l].clean_power.push_back(power);
      inverse[l].push_back(1 / norm);
      gram_weights[l].push_back(solved[l].mu[k] / power);
    }
  p.backend.scale_rows(cross, inverse, cross);
  p.backend.triangular_solve(c, cross);
  read_targets(p, cross, solved);
  require_all(p.backend.triangular_inverse(c));
  p.backend.cumulative_energy(c, Part::lower, gram_weights, inputs);
  for (std::size_t l = 0; l < lanes; ++l) solved[l].explained_inputs = std::move(inputs[l]);
}

}  // namespace

std::vector<SolvedBasis> solve_strengths(Problem& p, const Family& family, Strengths strengths) {
  const std::size_t lanes = strengths.size();
  std::vector<SolvedBasis> solved(lanes);
  if (family.isotropic()) {
    solve_isotropic(p, family, strengths, solved);
    return solved;
  }
  const std::int64_t rank = family.rank(), wide = family.projected.cols();
  const Weights w = weights_of(family, strengths, whitening);
  // 1. (22): μ and Z
  std::vector<Matrix> z = views(p.workspace.vectors, lanes, rank, rank);
  decompose(p, family, strengths, w, z, solved);
  // 2. (24): Vᵀ of the right-hand sides, while Z is orthonormal; the checks
  std::vector<Matrix> scaled = views(p.workspace.rows[0], lanes, rank, wide);
  std::vector<Matrix> projected = views(p.workspace.rows[1], lanes, rank, wide);
  p.backend.scale_rows(single(family.projected), w, scaled);
  p.backend.multiply(Op::transpose, Op::none, z, scaled, 0, projected);
  read_basis(p, family, strengths, w, projected, z, solved);
  // 3. (7), (8) and (17): all K from one Cholesky
  std::vector<Matrix> cross = columns(projected, 0, p.orthonormalized());
  orthonormalize(p, family, strengths, z, cross, solved);
  return solved;
}

}  // namespace eigenlens
