// SPDX-License-Identifier: Apache-2.0
#include "solve/family.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <span>

#include "backend/transfer.hpp"
#include "eigenlens/error.hpp"
#include "host/index.hpp"

namespace eigenlens {
namespace {

DenseF64 random_normal(std::int64_t rows, std::int64_t cols) {
  DenseF64 omega(rows, cols);
  std::mt19937_64 engine(20240611);
  std::normal_distribution<double> normal;
  for (std::int64_t k = 0; k < omega.size(); ++k) omega.data()[k] = normal(engine);
  return omega;
}

/// [M, G²Ω, GΩ, BΩ, Ω]
DenseF64 right_hand_sides(const Problem& p, const DenseF64& b_omega) {
  DenseF64 all(p.m.rows(), p.m.cols() + 4 * sketch_columns);
  double* to = all.data();
  for (const DenseF64* part : {&p.m, &p.gg_omega, &p.g_omega, &b_omega, &p.omega})
    to = std::copy(part->data(), part->data() + part->size(), to);
  return all;
}

void require(const SolveStatus& status, const char* of) {
  if (!status.ok) throw Error(ErrorCode::numerical, fmt::format("{}: {}", of, status.detail));
}

/// Eigenvectors of the matrix in the workspace's first scratch into its basis.
std::string decompose(Problem& p, std::int64_t n, std::vector<double>& values, const char* of) {
  Matrix a = p.workspace.scratch[0].reshaped(n, n);
  Matrix z = p.workspace.basis.reshaped(n, n);
  const SolveStatus status = p.backend.eigh(std::span(&a, 1), std::span(&z, 1), std::span(&values, 1))[0];
  require(status, of);
  return status.routine;
}

void project(Problem& p, Family& family, const Matrix& right) {
  Matrix result = p.backend.allocate(family.u.cols(), right.cols());
  p.backend.multiply('T', 'N', family.u, right, result);
  family.projected = downloaded(p.backend, result);
}

}  // namespace

Problem::Problem(Backend& b, const Centring& c, SolveMode solve_mode, int lanes)
    : backend(b), centring(c), mode(solve_mode), m(c.cross()) {
  const std::int64_t d = c.dimension();
  if (d > b.largest_order(mode))
    throw Error(ErrorCode::usage,
                fmt::format("D = {} inputs is beyond the largest problem of this backend and mode, {}", d,
                            b.largest_order(mode)));
  g = uploaded(b, c.gram());
  omega = random_normal(d, sketch_columns);
  g_omega = product(b, 'N', g, omega);
  gg_omega = product(b, 'N', g, g_omega);
  workspace.basis = b.allocate(d, d);
  workspace.kernel = b.allocate(d, d);
  if (mode == SolveMode::accurate) workspace.factor = b.allocate(d, d);
  for (int l = 0; l < lanes; ++l) {
    workspace.scratch.push_back(b.allocate(d, d));
    workspace.vectors.push_back(b.allocate(d, d));
  }
}

Family principal_family(Problem& p) {
  const std::int64_t d = p.centring.dimension();
  Family family;
  const std::vector<double> ones;
  p.backend.congruence(p.g, std::span(&ones, 1), std::span(p.workspace.scratch.data(), 1));
  family.routine = decompose(p, d, family.theta, "eigenvectors of the Gram matrix");
  p.largest = family.theta[0];
  const double threshold = p.centring.rank_tolerance() * p.largest;
  p.rank = std::count_if(family.theta.begin(), family.theta.end(), [&](double t) { return t > threshold; });
  if (p.rank == 0) throw Error(ErrorCode::numerical, "the Gram matrix has rank 0: no input varies");
  family.theta.resize(at(p.rank));
  family.u = p.workspace.basis.reshaped(d, p.rank);
  project(p, family, uploaded(p.backend, right_hand_sides(p, p.omega)));
  return family;
}

Family masked_family(Problem& p, GroupMembers members) {
  Backend& backend = p.backend;
  Family family;
  // 1. B = L_B L_Bᵀ
  family.blocks = factor_blocks(members, p.centring, backend.threads());
  const std::int64_t n = family.blocks.rank, d = p.centring.dimension();
  // 2. L_B⁻¹ G L_B^{-T} = UΘUᵀ, cut at the rank of G
  Matrix k = p.workspace.scratch[0].reshaped(n, n);
  backend.block_congruence(family.blocks, p.g, k);
  family.routine = decompose(p, n, family.theta, "eigenvectors of the whitened Gram matrix");
  const auto positive = std::count_if(family.theta.begin(), family.theta.end(), [](double t) { return t > 0; });
  const std::int64_t rank = std::min<std::int64_t>(p.rank, positive);
  family.theta.resize(at(rank));
  family.u = p.workspace.basis.reshaped(n, rank);
  // 3. Uᵀ L_B⁻¹ of the right-hand sides
  const Matrix right =
      uploaded(backend, right_hand_sides(p, multiply_blocks(members, p.centring, p.omega, backend.threads())));
  Matrix solved = backend.allocate(n, right.cols());
  backend.block_solve(family.blocks, right, solved);
  project(p, family, solved);
  // 4. Q = L_B U and E = Θ(QᵀQ)Θ
  const bool accurate = p.mode == SolveMode::accurate;
  family.q = (accurate ? p.workspace.factor : p.workspace.scratch[0]).reshaped(d, rank);
  backend.block_multiply(family.blocks, family.u, family.q);
  if (!accurate) {
    Matrix qq = p.workspace.vectors[0].reshaped(rank, rank);
    backend.gram(std::span<const Matrix>(&family.q, 1), std::span(&qq, 1));
    family.e = p.workspace.kernel.reshaped(rank, rank);
    backend.congruence(qq, std::span(&family.theta, 1), std::span(&family.e, 1));
  }
  family.members = std::move(members);
  return family;
}

}  // namespace eigenlens
