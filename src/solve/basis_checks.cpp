// SPDX-License-Identifier: Apache-2.0
#include "solve/basis_checks.hpp"

#include <algorithm>
#include <cmath>

#include "backend/transfer.hpp"

namespace eigenlens {
namespace {

/// Squared distance of y from x.
double squared_difference(const DenseF64& y, const DenseF64& x) {
  double sum = 0;
  for (std::int64_t i = 0; i < x.size(); ++i) sum += std::pow(y.data()[i] - x.data()[i], 2);
  return sum;
}

void scale_rows(DenseF64& x, const std::vector<double>& w) {
  for (std::int64_t j = 0; j < x.cols(); ++j)
    for (std::int64_t i = 0; i < x.rows(); ++i) x(i, j) *= w[static_cast<std::size_t>(i)];
}

enum class BlockVerb { solve, solve_transposed };

DenseF64 through_blocks(const Problem& p, const Family& family, BlockVerb verb, const DenseF64& x) {
  const Matrix from = uploaded(p.backend, x);
  const bool solve = verb == BlockVerb::solve;
  Matrix to = p.backend.allocate(solve ? family.blocks.rank : p.centring.dimension(), x.cols());
  if (solve)
    p.backend.block_solve(family.blocks, from, to);
  else
    p.backend.block_solve_transposed(family.blocks, from, to);
  return downloaded(p.backend, to);
}

}  // namespace

double sketched_residual(const Problem& p, const Strength& strength, const std::vector<double>& mu,
                         const DenseF64& projected) {
  const std::int64_t c = p.m.cols(), s = sketch_columns;
  double worst = 0;
  for (std::int64_t k = 0; k < projected.rows(); ++k) {
    double residual = 0, norm = 0;
    const double m = mu[static_cast<std::size_t>(k)];
    for (std::int64_t j = 0; j < s; ++j) {
      const double gg = projected(k, c + j), g = projected(k, c + s + j), b = projected(k, c + 2 * s + j);
      residual += std::pow(gg - m * (strength.a * g + strength.b * b), 2);
      norm += std::pow(projected(k, c + 3 * s + j), 2);
    }
    if (norm > 0) worst = std::max(worst, residual / norm);
  }
  return std::sqrt(worst) / (p.largest * p.largest);
}

double sketched_orthogonality(Problem& p, const Family& family, const Strength& strength, const std::vector<double>& w,
                              const Matrix* z) {
  const auto rank = static_cast<std::int64_t>(family.theta.size());
  DenseF64 probe(rank, sketch_columns);
  for (std::int64_t j = 0; j < sketch_columns; ++j) std::copy_n(p.omega.col(j), rank, probe.col(j));
  // x = V probe = L_B^{-T} U diag(w) Z probe
  DenseF64 inner = z ? product(p.backend, 'N', *z, probe) : probe;
  scale_rows(inner, w);
  DenseF64 x = product(p.backend, 'N', family.u, inner);
  if (!family.isotropic()) x = through_blocks(p, family, BlockVerb::solve_transposed, x);
  // y = (aG + bB) x
  DenseF64 y = product(p.backend, 'N', p.g, x);
  const DenseF64 b = family.isotropic() ? x : multiply_blocks(family.members, p.centring, x, p.backend.threads());
  for (std::int64_t i = 0; i < y.size(); ++i) y.data()[i] = strength.a * y.data()[i] + strength.b * b.data()[i];
  // Vᵀ y, which should be the probe again
  if (!family.isotropic()) y = through_blocks(p, family, BlockVerb::solve, y);
  DenseF64 back = product(p.backend, 'T', family.u, y);
  scale_rows(back, w);
  if (z) back = product(p.backend, 'T', *z, back);
  return std::sqrt(squared_difference(back, probe) / static_cast<double>(sketch_columns));
}

}  // namespace eigenlens
