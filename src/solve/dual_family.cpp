// SPDX-License-Identifier: Apache-2.0
#include "solve/dual_family.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "backend/single.hpp"
#include "backend/transfer.hpp"
#include "eigenlens/error.hpp"
#include "host/index.hpp"
#include "moments/double_centring.hpp"
#include "solve/dual_checks.hpp"
#include "solve/family_parts.hpp"

namespace eigenlens {
namespace {

DenseF64 scaled_gram(const DualMoments& m, double std, int threads) {
  const double scale = 1 / std / std;
  return m.arithmetic == Arithmetic::exact ? doubly_centred(m.gram, scale, threads)
                                           : doubly_centred(m.gram_f64, scale, threads);
}

DenseF64 one_hot(const DualMoments& m) {
  DenseF64 y(m.count(), m.classes());
  for (std::int64_t n = 0; n < m.count(); ++n) y(n, m.labels[at(n)]) = 1;
  return y;
}

/// TKΩ and TΩ into their parts of the right-hand sides.
void sketch_products(Problem& p, const Matrix& t) {
  Matrix k_omega = p.workspace.sketch[0].reshaped(p.order(), sketch_columns);
  Matrix t_omega = part_of(p, Sketched::g_omega), tk_omega = part_of(p, Sketched::gg_omega);
  const Matrix omega = part_of(p, Sketched::omega);
  multiply_single(p.backend, Op::none, Op::none, p.g, omega, 0, k_omega);
  multiply_single(p.backend, Op::none, Op::none, t, k_omega, 0, tk_omega);
  multiply_single(p.backend, Op::none, Op::none, t, omega, 0, t_omega);
}

std::vector<double> roots(const std::vector<double>& values) {
  std::vector<double> all;
  for (const double value : values) all.push_back(std::sqrt(value));
  return all;
}

std::vector<double> inverses(std::vector<double> values) {
  for (double& value : values) value = 1 / value;
  return values;
}

/// Θ^{½}Uᵀ[Yᵀ, I] and Θ^{-½}Uᵀ of the sketches: (59).
void project_samples(Problem& p, Family& family) {
  project(p, family, p.right);
  const std::vector<double> root = roots(family.theta);
  Matrix targets = family.projected.columns(0, p.orthonormalized());
  Matrix sketches = family.projected.columns(p.orthonormalized(), 4 * sketch_columns);
  p.backend.scale_rows(single(targets), {root}, single(targets));
  p.backend.scale_rows(single(sketches), {inverses(root)}, single(sketches));
}

/// Q = Λ^{½}PᵀUΘ^{-½} (R × R), of its transpose Θ^{-½}UᵀPΛ^{½}: only rows can be scaled.
void fill_factor(Problem& p, Family& family) {
  const std::int64_t rank = family.rank();
  Matrix turned = p.workspace.scratch[0].reshaped(rank, rank), identity = p.workspace.vectors[0].reshaped(rank, rank);
  multiply_single(p.backend, Op::transpose, Op::none, p.sample_components, family.u, 0, turned);  // PᵀU
  p.backend.scale_rows(single(turned), {roots(p.spectrum)}, single(turned));
  p.backend.masked_gram(turned, {}, 0, 1, identity);
  family.q = p.workspace.factor.reshaped(rank, rank);
  multiply_single(p.backend, Op::transpose, Op::none, turned, identity, 0, family.q);
  p.backend.scale_rows(single(family.q), {inverses(roots(family.theta))}, single(turned));
  multiply_single(p.backend, Op::transpose, Op::none, turned, identity, 0, family.q);
}

/// E = Θ(QᵀQ)Θ = Θ^{½}(FᵀF)Θ^{½} with F = Λ^{½}PᵀU = QΘ^{½}.
void fill_kernel(Problem& p, Family& family) {
  const std::int64_t rank = family.rank();
  Matrix f = p.workspace.scratch[0].reshaped(rank, rank), ff = p.workspace.vectors[0].reshaped(rank, rank);
  multiply_single(p.backend, Op::transpose, Op::none, p.sample_components, family.u, 0, f);
  p.backend.scale_rows(single(f), {roots(p.spectrum)}, single(f));
  p.backend.gram(single(f), single(ff));
  family.e = p.workspace.kernel.reshaped(rank, rank);
  p.backend.congruence(ff, {roots(family.theta)}, single(family.e));
}

}  // namespace

Problem::Problem(Backend& b, const Centring& c, const DualMoments& moments, SolveMode solve_mode, Outcome wanted,
                 int lanes)
    : backend(b), centring(c), mode(solve_mode), outcome(wanted), form(MomentsForm::dual) {
  const std::int64_t n = order();
  if (n > b.largest_order(mode))
    throw Error(ErrorCode::usage,
                fmt::format("N = {} samples is beyond the largest problem of this backend and mode in the dual form, "
                            "{}",
                            n, b.largest_order(mode)));
  g = uploaded(b, scaled_gram(moments, c.global_std(), b.threads()));
  omega = random_normal(n, sketch_columns);
  right = b.allocate(n, orthonormalized() + 4 * sketch_columns);
  Matrix targets = right.columns(0, classes());
  b.upload(one_hot(moments).data(), targets);
  if (encodes(outcome)) {
    Matrix identity = right.columns(classes(), n);
    b.masked_gram(g, {}, 0, 1, identity);
  }
  for (const Sketched same : {Sketched::b_omega, Sketched::omega}) {
    Matrix part = part_of(*this, same);
    b.upload(omega.data(), part);
  }
  allocate_workspace(*this, lanes);
}

Family dual_principal_family(Problem& p) {
  Family family = leading_directions(p, "the matrix of products of samples");
  p.sample_components = p.backend.allocate(p.order(), p.rank);  // U's room is the next family's
  p.backend.scale_rows(single(family.u), Weights(1), single(p.sample_components));
  family.pencil = dual_pencil(p.g, p.largest);
  sketch_products(p, p.g);
  project_samples(p, family);
  return family;
}

Family dual_masked_family(Problem& p, const DenseF64& whitened, std::vector<std::int32_t> groups) {
  Family family;
  family.groups = std::move(groups);
  const Matrix t = uploaded(p.backend, whitened);
  p.backend.congruence(t, Weights(1), std::span(p.workspace.scratch.data(), 1));
  family.routine = decompose(p, p.order(), family.theta, "eigenvectors of the whitened products of samples");
  const auto positive = std::count_if(family.theta.begin(), family.theta.end(), [](double v) { return v > 0; });
  const std::int64_t rank = std::min<std::int64_t>(p.rank, positive);
  if (rank < p.rank)
    throw Error(ErrorCode::numerical, fmt::format("the whitened products of samples have rank {}, not {}: they are not "
                                                  "of these samples",
                                                  rank, p.rank));
  family.theta.resize(at(rank));
  family.u = p.workspace.basis.reshaped(p.order(), rank);
  family.pencil = dual_pencil(t, family.theta[0]);
  sketch_products(p, t);
  project_samples(p, family);
  if (p.mode == SolveMode::accurate || p.refines()) fill_factor(p, family);
  if (p.mode == SolveMode::standard) fill_kernel(p, family);
  return family;
}

}  // namespace eigenlens
