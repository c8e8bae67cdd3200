// SPDX-License-Identifier: Apache-2.0
#include "solve/secular.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "eigenlens/error.hpp"
#include "host/index.hpp"
#include "host/lapack.hpp"
#include "host/parallel.hpp"

namespace eigenlens {
namespace {

using lapack::Int;
constexpr double epsilon = std::numeric_limits<double>::epsilon();
/// Roots whose sums are one product: wide enough for GEMM, narrow enough to be shared among threads.
constexpr std::int64_t panel_width = 32;
/// A step of Newton's method that is this small, relative to what is around, leaves the square of it as the error.
constexpr double converged_step = 1e-9;
constexpr int most_rounds = 200;

std::int64_t panels_of(std::size_t roots) { return (static_cast<std::int64_t>(roots) + panel_width - 1) / panel_width; }

/// C (m × n) ← op(A)·B with inner size k, A of k × m if transposed.
void multiply(const char* op_a, std::int64_t m, std::int64_t n, std::int64_t k, const double* a, const double* b,
              double* c) {
  const Int rows = static_cast<Int>(m), cols = static_cast<Int>(n), inner = static_cast<Int>(k);
  const Int lda = *op_a == 'T' ? inner : rows;
  const double one = 1, zero = 0;
  lapack::table().dgemm(op_a, "N", &rows, &cols, &inner, &one, a, &lda, b, &inner, &zero, c, &rows);
}

/// δ counts from the nearer end of the bracket: close to a pole only that one knows small distances.
void recentre(Root& root, const std::vector<double>& place) {
  const double gap = place[at(root.other)] - place[at(root.origin)];
  if (std::abs(root.delta - gap) >= std::abs(root.delta)) return;
  for (double* value : {&root.delta, &root.low, &root.high}) *value -= gap;
  std::swap(root.origin, root.other);
}

/// Newton's step where it stays in the bracket and the steps shrink; else the bracket is halved.
void advance(Root& root, double newton, double separation) {
  (newton > 0 ? root.low : root.high) = root.delta;
  const double around = std::min({root.scale, root.resolution, separation}), width = root.high - root.low;
  if (std::abs(newton) <= converged_step * around || std::abs(newton) <= 4 * epsilon * root.resolution ||
      std::abs(newton) <= 2 * epsilon * std::abs(root.delta)) {
    root.delta = std::clamp(root.delta + newton, root.low, root.high);
    root.found = true;
    return;
  }
  if (width <= 4 * epsilon * std::max(std::abs(root.low), std::abs(root.high))) {
    root.found = true;
    return;
  }
  const double next = root.delta + newton;
  const bool shrinks = root.step == 0 || std::abs(newton) < 0.7 * std::abs(root.step);
  // Decades from a pole: halve the logarithm.
  const double least = std::min(std::abs(root.low), std::abs(root.high)),
               most = std::max(std::abs(root.low), std::abs(root.high));
  const bool wide = (root.low > 0 || root.high < 0) && most > 16 * least;
  root.step = newton;
  if (next > root.low && next < root.high && shrinks) {
    root.delta = next;
    return;
  }
  root.step = 0;
  root.delta = wide ? std::copysign(std::sqrt(least) * std::sqrt(most), root.low) : root.low + width / 2;
}

}  // namespace

Secular::Secular(const Poles& poles, int threads) : poles_(poles), threads_(threads) {
  const std::int64_t active = poles.active(), n = poles.directions();
  pairs_ = n * (n + 1) / 2;
  products_ = DenseF64(active, pairs_);
  std::int64_t pair = 0;
  for (std::int64_t j = 0; j < n; ++j)
    for (std::int64_t i = j; i < n; ++i, ++pair)
      for (std::int64_t s = 0; s < active; ++s) products_(s, pair) = poles.f(i, s) * poles.f(j, s);
  find_sites();
  site_first_.resize(at(pairs_) * sites_.size());
  site_second_.resize(at(pairs_) * sites_.size());
  const lapack::ThreadScope one(1);
  parallel_for(threads_, panels_of(sites_.size()), [&](std::int64_t p) {
    const std::size_t first = at(p * panel_width), count = std::min(sites_.size() - first, at(panel_width));
    Room room;
    evaluate(std::span(site_roots_).subspan(first, count), room);
    std::copy(room.first.begin(), room.first.end(), site_first_.begin() + p * panel_width * pairs_);
    std::copy(room.second.begin(), room.second.end(), site_second_.begin() + p * panel_width * pairs_);
  });
  find_row_space();
}

double Secular::far_distance(const Root& root) const {
  const double here = poles_.place[at(root.origin)];
  double nearest = std::numeric_limits<double>::infinity();
  for (const std::int64_t pole : {root.near_first - 1, root.near_end})
    if (pole >= 0 && pole < poles_.active())
      nearest = std::min(nearest, std::abs((poles_.place[at(pole)] - here) - root.delta));
  return std::isfinite(nearest) ? nearest : std::max(here, std::abs(root.delta));
}

void Secular::evaluate(std::span<const Root> roots, Room& room) const {
  const std::int64_t active = poles_.active(), count = static_cast<std::int64_t>(roots.size());
  room.reciprocals.resize(at(active * count));
  room.squares.resize(at(active * count));
  room.first.resize(at(pairs_ * count));
  room.second.resize(at(pairs_ * count));
  for (std::int64_t j = 0; j < count; ++j) {
    const Root& root = roots[at(j)];
    double* reciprocals = room.reciprocals.data() + j * active;
    double* squares = room.squares.data() + j * active;
    const double* place = poles_.place.data();
    const double origin = place[root.origin], delta = root.delta;
    for (std::int64_t s = 0; s < active; ++s) reciprocals[s] = 1 / ((place[s] - origin) - delta);
    std::fill(reciprocals + root.near_first, reciprocals + root.near_end, 0.0);
    for (std::int64_t s = 0; s < active; ++s) squares[s] = reciprocals[s] * reciprocals[s];
  }
  multiply("T", pairs_, count, active, products_.data(), room.reciprocals.data(), room.first.data());
  multiply("T", pairs_, count, active, products_.data(), room.squares.data(), room.second.data());
}

void Secular::refine(double lambda, std::vector<Root>& roots) const {
  std::vector<std::size_t> open(roots.size());
  std::iota(open.begin(), open.end(), std::size_t{0});
  const lapack::ThreadScope one(1);
  for (int round = 0; round < most_rounds && !open.empty(); ++round) {
    parallel_for(threads_, panels_of(open.size()), [&](std::int64_t p) {
      const std::size_t first = at(p * panel_width), count = std::min(open.size() - first, at(panel_width));
      std::vector<Root> panel;
      for (std::size_t i = 0; i < count; ++i) panel.push_back(roots[open[first + i]]);
      for (Root& root : panel) {
        recentre(root, poles_.place);
        root.scale = far_distance(root);
      }
      Room room;
      evaluate(panel, room);
      SmallProblem small(poles_, lambda);
      for (std::size_t i = 0; i < count; ++i) {
        Root& root = panel[i];
        small.decompose(root, room.first.data() + at(pairs_) * i, room.second.data() + at(pairs_) * i);
        root.resolution = small.resolution();
        const std::int64_t j = root.k - root.near_first;
        const double newton = small.newton(j);
        double separation = root.scale;
        for (const std::int64_t next : {j - 1, j + 1})
          if (next >= 0 && next < small.order())
            separation = std::min(separation, std::abs(small.newton(next) - newton));
        advance(root, newton, separation);
        roots[open[first + i]] = root;
      }
    });
    std::erase_if(open, [&](std::size_t i) { return roots[i].found; });
  }
  if (!open.empty())
    throw Error(ErrorCode::numerical, fmt::format("{} of {} roots of the secular equation at lambda = {} not found",
                                                  open.size(), roots.size(), lambda));
}

std::vector<Root> Secular::roots(double lambda) const {
  Steps steps;
  const std::vector<std::int64_t> above = counts(lambda, steps);
  const std::vector<double> ritz = ritz_values(lambda);
  std::vector<Root> all;
  std::int64_t site = 0;  // the first that has more than k eigenvalues above it
  for (std::int64_t k = lambda == 0 ? poles_.directions() : 0; k < poles_.active(); ++k) {
    while (above[at(site)] <= k) ++site;
    all.push_back(site == 0 ? above_all(lambda, k, steps, ritz[at(k)]) : between(site - 1, k, steps));
  }
  refine(lambda, all);
  return all;
}

void Secular::vectors(double lambda, std::span<const Root> roots, double* h, double* t) const {
  const std::int64_t active = poles_.active(), n = poles_.directions(), count = static_cast<std::int64_t>(roots.size());
  std::vector<Root> placed(roots.begin(), roots.end());
  for (Root& root : placed) root.scale = far_distance(root);
  Room room;
  evaluate(placed, room);
  SmallProblem small(poles_, lambda);
  DenseF64 g(n, count);
  std::vector<SmallPair> pairs;
  for (std::int64_t j = 0; j < count; ++j) {
    const Root& root = placed[at(j)];
    small.decompose(root, room.first.data() + j * pairs_, room.second.data() + j * pairs_);
    pairs.push_back(small.pair(root.k - root.near_first));
    std::copy(pairs.back().g.begin(), pairs.back().g.end(), g.col(j));
    std::copy(pairs.back().t.begin(), pairs.back().t.end(), t + j * n);
  }
  multiply("T", active, count, n, poles_.f.data(), g.data(), h);
  for (std::int64_t i = 0; i < active * count; ++i) h[i] *= -room.reciprocals[at(i)];
  for (std::int64_t j = 0; j < count; ++j)
    std::copy(pairs[at(j)].near.begin(), pairs[at(j)].near.end(), h + j * active + placed[at(j)].near_first);
}

}  // namespace eigenlens
