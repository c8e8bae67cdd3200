// SPDX-License-Identifier: Apache-2.0
#include "sweep/ridge.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "backend/single.hpp"
#include "backend/transfer.hpp"
#include "eigenlens/error.hpp"
#include "host/index.hpp"

namespace eigenlens {
namespace {

constexpr std::int64_t panel_columns = 256;

/// ‖E_KᵀT_K‖² for every K from the lower triangle of S = EEᵀ: row k adds t_kᵀ(2 Σ_{j<k} s_kj t_j + s_kk t_k).
std::vector<double> squared_weights(Backend& backend, const Matrix& s, const DenseF64& t) {
  const std::int64_t rank = t.rows(), classes = t.cols();
  std::vector<double> energy(at(rank));
  for (std::int64_t first = 0; first < rank; first += panel_columns) {
    const std::int64_t width = std::min(panel_columns, rank - first);
    const DenseF64 panel = downloaded(backend, s.columns(first, width));
    for (std::int64_t j = first; j < first + width; ++j)
      for (std::int64_t c = 0; c < classes; ++c) {
        const double* column = panel.col(j - first);
        const double own = t(j, c);
        energy[at(j)] += column[j] * own * own;
        for (std::int64_t k = j + 1; k < rank; ++k) energy[at(k)] += 2 * column[k] * own * t(k, c);
      }
  }
  for (std::size_t k = 1; k < energy.size(); ++k) energy[k] += energy[k - 1];
  return energy;
}

}  // namespace

std::vector<double> shrink(Problem& p, double alpha, Matrix& encoder, Matrix& targets) {
  const std::int64_t rank = encoder.rows();
  const auto n = static_cast<double>(p.centring.count());
  Matrix s = p.workspace.scratch[0].reshaped(rank, rank), l = p.workspace.vectors[0].reshaped(rank, rank);
  multiply_single(p.backend, Op::none, Op::transpose, encoder, encoder, 0, s);
  p.backend.masked_gram(s, {}, alpha * n, 1, l);
  if (const SolveStatus status = p.backend.cholesky(single(l))[0]; !status.ok)
    throw Error(ErrorCode::numerical, fmt::format("ridge regression, {}: {}", status.routine, status.detail));
  p.backend.triangular_solve(single(l), single(encoder));
  p.backend.triangular_solve(single(l), single(targets));

  multiply_single(p.backend, Op::none, Op::transpose, encoder, encoder, 0, s);
  const std::vector<double> weights = squared_weights(p.backend, s, downloaded(p.backend, targets));
  Weights explained(1);
  p.backend.cumulative_energy(single(targets), Part::full, Weights(1), explained);
  std::vector<double> error;
  for (std::int64_t k = 0; k < rank; ++k) error.push_back(1 - explained[0][at(k)] / n - alpha * weights[at(k)]);
  return error;
}

}  // namespace eigenlens
