// SPDX-License-Identifier: Apache-2.0
#include "solve/family.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <span>

#include "backend/single.hpp"
#include "eigenlens/error.hpp"
#include "host/index.hpp"
#include "solve/basis_checks.hpp"
#include "solve/family_parts.hpp"

namespace eigenlens {

DenseF64 random_normal(std::int64_t rows, std::int64_t cols) {
  DenseF64 omega(rows, cols);
  std::mt19937_64 engine(20240611);
  std::normal_distribution<double> normal;
  for (std::int64_t k = 0; k < omega.size(); ++k) omega.data()[k] = normal(engine);
  return omega;
}

Matrix part_of(const Problem& p, Sketched which) {
  return p.right.columns(p.orthonormalized() + static_cast<std::int64_t>(which) * sketch_columns, sketch_columns);
}

void allocate_workspace(Problem& p, int lanes) {
  Workspace& w = p.workspace;
  const std::int64_t d = p.order(), wide = p.right.cols();
  const auto square = [&] { return p.backend.allocate(d, d); };
  w.basis = square();
  w.kernel = square();
  if (p.mode == SolveMode::accurate || p.refines()) w.factor = square();
  w.projected = p.backend.allocate(d, wide);
  if (keeps_principal(p.outcome)) w.principal = square();
  for (Matrix& sketch : w.sketch) sketch = p.backend.allocate(d, lanes * sketch_columns);
  for (int l = 0; l < lanes; ++l) {
    w.scratch.push_back(square());
    w.vectors.push_back(square());
    if (p.mode == SolveMode::standard && p.refines()) w.tail.push_back(square());
    for (auto& rows : w.rows) rows.push_back(p.backend.allocate(d, wide));
  }
}

std::string decompose(Problem& p, std::int64_t n, std::vector<double>& values, const std::string& of) {
  Matrix a = p.workspace.scratch[0].reshaped(n, n);
  Matrix z = p.workspace.basis.reshaped(n, n);
  const SolveStatus status = p.backend.eigh(single(a), single(z), std::span(&values, 1))[0];
  if (!status.ok) throw Error(ErrorCode::numerical, fmt::format("{}: {}", of, status.detail));
  return status.routine;
}

void project(Problem& p, Family& family, const Matrix& right) {
  family.projected = p.workspace.projected.reshaped(family.rank(), right.cols());
  multiply_single(p.backend, Op::transpose, Op::none, family.u, right, 0, family.projected);
  DenseF64 probe(family.rank(), sketch_columns);
  for (std::int64_t j = 0; j < probe.cols(); ++j) std::copy_n(p.omega.col(j), probe.rows(), probe.col(j));
  family.probe = p.backend.allocate(probe.rows(), probe.cols());
  p.backend.upload(probe.data(), family.probe);
}

/// Λ^{1/2}Pᵀ into its own room: the basis goes to the next family.
static void keep_principal(Problem& p, const Family& family) {
  const std::int64_t d = p.dimension();
  Matrix identity = p.workspace.scratch[0].reshaped(d, d);
  p.backend.masked_gram(p.g, {}, 0, 1, identity);
  p.principal = p.workspace.principal.reshaped(family.rank(), d);
  multiply_single(p.backend, Op::transpose, Op::none, family.u, identity, 0, p.principal);
  Weights roots(1);
  for (const double theta : family.theta) roots[0].push_back(std::sqrt(theta));
  p.backend.scale_rows(single(p.principal), roots, single(p.principal));
}

Problem::Problem(Backend& b, const Centring& c, SolveMode solve_mode, Outcome wanted, int lanes)
    : backend(b), centring(c), mode(solve_mode), outcome(wanted) {
  const std::int64_t d = dimension();
  if (d > b.largest_order(mode))
    throw Error(ErrorCode::usage,
                fmt::format("D = {} inputs is beyond the largest problem of this backend and mode, {}", d,
                            b.largest_order(mode)));
  g = b.allocate(d, d);
  b.centred_gram(c.moments(), c.constants(), c.global_std(), g);
  omega = random_normal(d, sketch_columns);
  right = b.allocate(d, orthonormalized() + 4 * sketch_columns);
  Matrix cross = right.columns(0, classes());
  b.upload(c.cross().data(), cross);
  if (encodes(outcome)) {
    Matrix identity = right.columns(classes(), d);
    b.masked_gram(g, {}, 0, 1, identity);
  }
  for (const Sketched same : {Sketched::b_omega, Sketched::omega}) {  // the principal family's B is I
    Matrix part = part_of(*this, same);
    b.upload(omega.data(), part);
  }
  Matrix g_omega = part_of(*this, Sketched::g_omega), gg_omega = part_of(*this, Sketched::gg_omega);
  multiply_single(b, Op::none, Op::none, g, part_of(*this, Sketched::omega), 0, g_omega);
  multiply_single(b, Op::none, Op::none, g, g_omega, 0, gg_omega);
  allocate_workspace(*this, lanes);
}

Family leading_directions(Problem& p, const std::string& what) {
  const std::int64_t n = p.order();
  Family family;
  p.backend.congruence(p.g, Weights(1), std::span(p.workspace.scratch.data(), 1));
  family.routine = decompose(p, n, family.theta, "eigenvectors of " + what);
  p.largest = family.theta[0];
  const double threshold = p.centring.rank_tolerance() * p.largest;
  p.rank = std::count_if(family.theta.begin(), family.theta.end(), [&](double t) { return t > threshold; });
  if (p.rank == 0) throw Error(ErrorCode::numerical, fmt::format("{} has rank 0: no input varies", what));
  family.theta.resize(at(p.rank));
  family.u = p.workspace.basis.reshaped(n, p.rank);
  p.spectrum = family.theta;
  return family;
}

Family principal_family(Problem& p) {
  Family family = leading_directions(p, "the Gram matrix");
  family.pencil = noise_pencil();
  project(p, family, p.right);
  if (keeps_principal(p.outcome)) keep_principal(p, family);
  return family;
}

double explained_energy(Problem& p, const Family& principal, const std::vector<double>& class_weights) {
  Weights w(1), sums(1);
  for (const double theta : principal.theta) w[0].push_back(1 / std::sqrt(theta));
  Matrix t = p.workspace.rows[0][0].reshaped(principal.rank(), p.classes());
  p.backend.scale_rows(single(principal.projected.columns(0, p.classes())), w, single(t));
  p.backend.cumulative_energy(single(t), Part::full, Weights{class_weights}, sums);
  return sums[0].back();
}

Family masked_family(Problem& p, std::vector<std::int32_t> groups) {
  Backend& backend = p.backend;
  Workspace& room = p.workspace;
  Family family;
  family.pencil = noise_pencil();
  family.groups = std::move(groups);
  for (std::int64_t i = 0; i < p.dimension(); ++i)
    if (p.centring.constant(i)) family.groups[at(i)] = -1;
  // 1. B = L_B L_Bᵀ, by the rank policy of G itself: what is dropped lies at about G's own threshold or below
  family.blocks = backend.factor_blocks(p.g, family.groups, p.centring.rank_tolerance());
  const std::int64_t n = family.blocks->rank(), d = p.dimension();
  // 2. BΩ from the entries of G: checks must not share the factor's errors
  Matrix b = room.scratch[0].reshaped(d, d), b_omega = part_of(p, Sketched::b_omega);
  backend.masked_gram(p.g, family.groups, 0, 1, b);
  multiply_single(backend, Op::none, Op::none, b, part_of(p, Sketched::omega), 0, b_omega);
  // 3. L_B⁻¹ G L_B^{-T} = UΘUᵀ, cut at the rank of G
  Matrix k = room.scratch[0].reshaped(n, n);
  backend.block_congruence(*family.blocks, p.g, k);
  family.routine = decompose(p, n, family.theta, "eigenvectors of the whitened Gram matrix");
  const auto positive = std::count_if(family.theta.begin(), family.theta.end(), [](double t) { return t > 0; });
  const std::int64_t rank = std::min<std::int64_t>(p.rank, positive);
  family.theta.resize(at(rank));
  family.u = room.basis.reshaped(n, rank);
  // 4. Uᵀ L_B⁻¹ of the right-hand sides
  Matrix solved = room.rows[0][0].reshaped(n, p.right.cols());
  backend.block_apply(BlockOp::solve, *family.blocks, p.right, solved);
  project(p, family, solved);
  // 5. Q = L_B U and E = Θ(QᵀQ)Θ
  const bool accurate = p.mode == SolveMode::accurate, kept = accurate || p.refines();
  family.q = (kept ? room.factor : room.scratch[0]).reshaped(d, rank);
  backend.block_apply(BlockOp::multiply, *family.blocks, family.u, family.q);
  if (!accurate) {
    Matrix qq = room.vectors[0].reshaped(rank, rank);
    backend.gram(single(family.q), single(qq));
    family.e = room.kernel.reshaped(rank, rank);
    backend.congruence(qq, Weights{family.theta}, single(family.e));
  }
  if (!kept) family.q = {};
  return family;
}

}  // namespace eigenlens
