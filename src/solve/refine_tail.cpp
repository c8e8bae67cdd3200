// SPDX-License-Identifier: Apache-2.0
#include "solve/refine_tail.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "backend/single.hpp"
#include "host/index.hpp"

namespace eigenlens {
namespace {

/// The lanes to be refined, and from which column on: the same for all, so that they stay a batch.
struct Tails {
  std::vector<std::size_t> lanes;
  std::int64_t first = 0;  ///< k
  std::int64_t count = 0;  ///< n₂
};

Tails find_tails(std::int64_t rank, const Weights& mu, std::span<const SolveStatus> status) {
  Tails tails{.lanes = {}, .first = rank};
  for (std::size_t l = 0; l < mu.size(); ++l) {
    if (!status[l].ok || status[l].accuracy == Accuracy::graded) continue;
    tails.lanes.push_back(l);
    const double cut = refined_below * mu[l].front();
    tails.first = std::min<std::int64_t>(
        tails.first, std::count_if(mu[l].begin(), mu[l].end(), [cut](double value) { return value > cut; }));
  }
  tails.count = rank - tails.first;
  return tails;
}

/// The first rows·cols elements of every lane's matrix.
std::vector<Matrix> views(const std::vector<Matrix>& rooms, const Tails& tails, std::int64_t rows, std::int64_t cols) {
  std::vector<Matrix> all;
  for (const std::size_t l : tails.lanes) all.push_back(rooms[l].reshaped(rows, cols));
  return all;
}

}  // namespace

void refine_tails(Problem& p, const Family& family, std::span<const Strength> strengths, std::span<Matrix> z,
                  Weights& mu, std::span<SolveStatus> status) {
  const std::int64_t rank = family.rank(), d = family.q.rows();
  const Tails tails = find_tails(rank, mu, status);
  if (tails.lanes.empty() || tails.count == 0 || family.q.size() == 0) return;
  Backend& backend = p.backend;
  const std::vector<Matrix>&scratch = p.workspace.scratch, &room = p.workspace.tail;
  const std::int64_t n = tails.count;
  std::vector<Matrix> z2;
  Weights w;
  for (const std::size_t l : tails.lanes) {
    z2.push_back(z[l].columns(tails.first, n));
    w.emplace_back();
    for (const double t : family.theta) w.back().push_back(t / std::sqrt(strengths[l].a * t + strengths[l].b));
  }
  // 1. F = K Z₂, K = QΘ(aΘ + b)^{-1/2}
  std::vector<Matrix> x = views(scratch, tails, rank, n), f = views(room, tails, d, n);
  backend.scale_rows(z2, w, x);
  backend.multiply(Op::none, Op::none, single(family.q), x, 0, f);
  // 2. FᵀF = W diag(μ₂) Wᵀ
  std::vector<Matrix> h = views(scratch, tails, n, n), turn = views(room, tails, n, n);
  Weights values(tails.lanes.size());
  backend.gram(f, h);
  std::vector<SolveStatus> second = backend.eigh(h, turn, values);
  // 3. Z₂ ← Z₂W
  std::vector<Matrix> turned = views(scratch, tails, rank, n);
  backend.multiply(Op::none, Op::none, z2, turn, 0, turned);
  backend.scale_rows(turned, Weights(tails.lanes.size()), z2);
  for (std::size_t i = 0; i < tails.lanes.size(); ++i) {
    const std::size_t l = tails.lanes[i];
    if (!second[i].ok) {
      status[l] = std::move(second[i]);
      continue;
    }
    const double last = std::max(tails.first > 0 ? mu[l][at(tails.first - 1)] : values[i].front(), 0.0);
    for (std::int64_t k = 0; k < n; ++k) mu[l][at(tails.first + k)] = std::clamp(values[i][at(k)], 0.0, last);
    status[l].routine += fmt::format("+tail of {} refined", n);
  }
}

}  // namespace eigenlens
