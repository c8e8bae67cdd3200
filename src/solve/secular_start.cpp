// SPDX-License-Identifier: Apache-2.0
// Where the roots of the secular equation are to be looked for: which lie between which poles, and first guesses.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "eigenlens/error.hpp"
#include "host/index.hpp"
#include "host/lapack.hpp"
#include "host/parallel.hpp"
#include "solve/secular.hpp"

namespace eigenlens {
namespace {

/// Poles that are this much nearer to each other than to the C′-th neighbour are kept together.
constexpr double cluster_ratio = 1e-3;

}  // namespace

double Secular::place_of(std::int64_t site) const { return poles_.place[at(sites_[at(site)].first)]; }

void Secular::find_sites() {
  for (std::int64_t s = 0; s < poles_.active(); ++s) {
    if (s > 0 && poles_.place[at(s)] == poles_.place[at(s - 1)])
      sites_.back().end = s + 1;
    else
      sites_.push_back({s, s + 1, s, s + 1});
  }
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(sites_.size()); ++i) find_near(i);
  for (const Site& site : sites_) {
    Root root{.origin = site.first, .other = site.first, .near_first = site.near_first, .near_end = site.near_end};
    root.scale = far_distance(root);
    site_roots_.push_back(root);
  }
}

/// In a cluster of poles that is much narrower than its distance from the rest, directions orthogonal to its columns of
/// F feel the rest alone: 1/(λ_r − ν) within the cluster would drown it.
void Secular::find_near(std::int64_t i) {
  const std::int64_t count = static_cast<std::int64_t>(sites_.size()), reach = poles_.directions() + 1;
  const auto distance = [&](std::int64_t j) { return std::abs(place_of(j) - place_of(i)); };
  double scale = std::numeric_limits<double>::infinity();
  if (i - reach >= 0) scale = std::min(scale, distance(i - reach));
  if (i + reach < count) scale = std::min(scale, distance(i + reach));
  if (!std::isfinite(scale)) scale = std::max(distance(0), distance(count - 1));
  std::int64_t first = i, last = i;
  while (first > 0 && distance(first - 1) <= cluster_ratio * scale) --first;
  while (last + 1 < count && distance(last + 1) <= cluster_ratio * scale) ++last;
  // More poles than directions of F leave roots among them, which their own sums determine best.
  if (sites_[at(last)].end - sites_[at(first)].first > poles_.directions()) first = last = i;
  sites_[at(i)].near_first = sites_[at(first)].first;
  sites_[at(i)].near_end = sites_[at(last)].end;
}

/// Λ in the rows of F, each divided by its singular value.
void Secular::find_row_space() {
  const std::int64_t n = poles_.directions();
  ritz_ = DenseF64(n, n);
  for (std::int64_t s = 0; s < poles_.active(); ++s)
    for (std::int64_t j = 0; j < n; ++j)
      for (std::int64_t i = 0; i < n; ++i)
        ritz_(i, j) +=
            poles_.place[at(s)] * (poles_.f(i, s) / poles_.sigma[at(i)]) * (poles_.f(j, s) / poles_.sigma[at(j)]);
}

std::vector<double> Secular::ritz_values(double lambda) const {
  const std::int64_t order = poles_.directions();
  if (lambda == 0) return {};
  DenseF64 matrix = ritz_;
  for (std::int64_t i = 0; i < order; ++i) matrix(i, i) += poles_.sigma[at(i)] * (poles_.sigma[at(i)] / lambda);
  std::vector<double> values(at(order)), work(at(1 + 2 * order));
  std::vector<lapack::Int> integers(1);
  const auto n = static_cast<lapack::Int>(order), length = static_cast<lapack::Int>(work.size()), one = 1;
  lapack::Int info = 0;
  lapack::table().dsyevd("N", "L", &n, matrix.data(), &n, values.data(), work.data(), &length, integers.data(), &one,
                         &info);
  if (info != 0) throw Error(ErrorCode::numerical, fmt::format("dsyevd of the targets' {} directions: {}", n, info));
  std::reverse(values.begin(), values.end());
  return values;
}

std::vector<std::int64_t> Secular::counts(double lambda, Steps& steps) const {
  const auto count = static_cast<std::int64_t>(sites_.size());
  std::vector<std::int64_t> above(sites_.size());
  steps.resize(sites_.size());
  const lapack::ThreadScope one(1);
  constexpr std::int64_t chunk = 64;
  parallel_for(threads_, (count + chunk - 1) / chunk, [&](std::int64_t p) {
    SmallProblem small(poles_, lambda);
    for (std::int64_t i = p * chunk; i < std::min(count, (p + 1) * chunk); ++i) {
      small.decompose(site_roots_[at(i)], site_first_.data() + i * pairs_, site_second_.data() + i * pairs_);
      for (std::int64_t j = 0; j < small.order(); ++j) steps[at(i)].push_back(small.newton(j));
      // As Λ + FᵀF/λ has rank C′ more: between the poles above this one, and C′ more than that.
      const std::int64_t first = sites_[at(i)].first;
      above[at(i)] = std::clamp(sites_[at(i)].near_first + small.positive(), first, first + poles_.directions());
    }
  });
  for (std::size_t i = 1; i < above.size(); ++i) above[i] = std::max(above[i], above[i - 1]);
  above.back() = poles_.active();  // none lies below the smallest pole
  return above;
}

Root Secular::above_all(double lambda, std::int64_t k, const Steps& steps, double ritz) const {
  const Site& site = sites_.front();
  Root root{
      .k = k, .origin = site.first, .other = site.first, .near_first = site.near_first, .near_end = site.near_end};
  root.high = poles_.sigma[0] * (poles_.sigma[0] / lambda) * (1 + 1e-6);
  root.delta = std::max(ritz - place_of(0), steps[0][at(k - site.near_first)]);
  if (!(root.delta > 0 && root.delta < root.high)) root.delta = root.high / 2;
  return root;
}

Root Secular::between(std::int64_t upper, std::int64_t k, const Steps& steps) const {
  const Site &above = sites_[at(upper)], &below = sites_[at(upper + 1)];
  const double gap = place_of(upper) - place_of(upper + 1);
  const auto step = [&](std::int64_t site) {
    const std::int64_t j = k - sites_[at(site)].near_first;
    const std::vector<double>& all = steps[at(site)];
    return j >= 0 && j < static_cast<std::int64_t>(all.size()) ? all[at(j)] : std::numeric_limits<double>::infinity();
  };
  const double down = step(upper), up = step(upper + 1);
  const bool from_above = std::abs(down) < std::abs(up);
  Root root{.k = k, .origin = from_above ? above.first : below.first};
  root.other = from_above ? below.first : above.first;
  root.near_first = std::min(above.near_first, below.near_first);
  root.near_end = std::max(above.near_end, below.near_end);
  root.low = from_above ? -gap : 0;
  root.high = from_above ? 0 : gap;
  root.delta = from_above ? down : up;
  if (!(root.delta >= root.low && root.delta <= root.high)) root.delta = root.low + gap / 2;
  return root;
}

}  // namespace eigenlens
