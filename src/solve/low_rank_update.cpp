// SPDX-License-Identifier: Apache-2.0
#include "solve/low_rank_update.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

#include "eigenlens/error.hpp"
#include "host/index.hpp"
#include "host/lapack.hpp"
#include "host/parallel.hpp"

namespace eigenlens {
namespace {

constexpr std::int64_t sketch_width = 16;
constexpr std::size_t panel_width = 32;
/// Roots nearer than this, relative to the distance to the next poles, are made orthogonal explicitly; those nearer
/// than the other, relative to their resolution, are one root to rounding.
constexpr double close_roots = 1e-4;
constexpr double equal_roots = 1e-11;
double dot(const double* a, const double* b, std::int64_t n) { return std::inner_product(a, a + n, b, 0.0); }

void add(double factor, const double* x, double* y, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) y[i] += factor * x[i];
}

}  // namespace

DenseF64 check_sketch(std::int64_t rows) {
  DenseF64 omega(rows, sketch_width);
  std::mt19937_64 engine(20240611);
  std::normal_distribution<double> normal;
  for (std::int64_t k = 0; k < omega.size(); ++k) omega.data()[k] = normal(engine);
  return omega;
}

double update_defect(const DenseF64& f, const std::vector<double>& sigma, double lambda, const double* t,
                     const double* defect) {
  const std::int64_t n = f.rows(), columns = f.cols();
  std::vector<double> y(at(n));
  for (std::int64_t i = 0; i < n; ++i) {
    if (lambda > 0) {
      y[at(i)] = t[i] / lambda;
      continue;
    }
    for (std::int64_t s = 0; s < columns; ++s) y[at(i)] -= f(i, s) * defect[s];
    y[at(i)] /= sigma[at(i)] * sigma[at(i)];
  }
  double squared = 0;
  for (std::int64_t s = 0; s < columns; ++s) {
    const double entry = defect[s] + dot(f.col(s), y.data(), n);
    squared += entry * entry;
  }
  return std::sqrt(squared);
}

JointBasis principal_basis(std::span<const double> spectrum, const DenseF64& f, double lambda, Eigenvectors wanted) {
  const std::int64_t rank = f.cols();
  JointBasis basis;
  basis.routine = "principal components";
  basis.inputs.assign(spectrum.begin(), spectrum.end());
  for (const double value : spectrum) basis.mu.push_back(std::isfinite(lambda) ? lambda * value : value);
  basis.targets = DenseF64(rank, f.rows());
  for (std::int64_t k = 0; k < rank; ++k)
    for (std::int64_t c = 0; c < f.rows(); ++c) basis.targets(k, c) = f(c, k);
  if (wanted == Eigenvectors::all) {
    basis.h = DenseF64(rank, rank);
    for (std::int64_t k = 0; k < rank; ++k) basis.h(k, k) = 1;
  }
  return basis;
}

/// One λ on the way: what is known of the R eigenpairs, at their final places.
struct LowRankUpdate::Work {
  double lambda = 0;
  Eigenvectors wanted = Eigenvectors::none;
  std::vector<Root> roots = {};
  std::vector<std::int64_t> root_at = {};  ///< the place of each root
  std::vector<std::int64_t> idle_at = {};
  JointBasis basis = {};
};

/// What one thread sums up.
struct LowRankUpdate::Panel {
  std::vector<double> h;
  std::vector<double> t;
  std::vector<double> defect;  ///< A
  DenseF64 sketch;             ///< A × 16: HHᵀΩ
  double residual = 0;
};

LowRankUpdate::LowRankUpdate(std::span<const double> spectrum, const DenseF64& f, int threads)
    : f_(f), poles_(spectrum, f), secular_(poles_, threads), omega_(check_sketch(poles_.active())), threads_(threads) {}

JointBasis LowRankUpdate::solve(double lambda, Eigenvectors wanted) const {
  Work work{.lambda = poles_.effective(lambda), .wanted = wanted};
  if (std::isinf(work.lambda)) return principal_basis(poles_.spectrum, f_, lambda, wanted);
  work.basis.routine = "secular equation";
  work.roots = secular_.roots(work.lambda);
  place_all(work);
  add_rank_directions(work);
  add_idle(work);
  add_roots(work);
  return std::move(work.basis);
}

/// All by falling ν; at λ = 0 behind the C′ directions of F.
void LowRankUpdate::place_all(Work& work) const {
  const std::int64_t rank = poles_.rank(), roots = static_cast<std::int64_t>(work.roots.size());
  const std::int64_t ahead = work.lambda == 0 ? poles_.directions() : 0;
  std::vector<double> nu;
  for (const Root& root : work.roots) nu.push_back(poles_.place[at(root.origin)] + root.delta);
  for (const std::int64_t slot : poles_.idle) nu.push_back(poles_.spectrum[at(slot)]);
  std::vector<std::size_t> order(nu.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  // Roots keep their own order, whatever rounding says of neighbours.
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return a < at(roots) && b < at(roots) ? a < b : nu[a] > nu[b];
  });
  work.root_at.resize(at(roots));
  work.idle_at.resize(poles_.idle.size());
  work.basis.mu.resize(at(rank));
  work.basis.inputs.resize(at(rank));
  work.basis.targets = DenseF64(rank, f_.rows());
  if (work.wanted == Eigenvectors::all) work.basis.h = DenseF64(rank, rank);
  for (std::size_t position = 0; position < order.size(); ++position) {
    const std::int64_t place = ahead + static_cast<std::int64_t>(position);
    const std::size_t which = order[position];
    (which < at(roots) ? work.root_at[which] : work.idle_at[which - at(roots)]) = place;
    work.basis.mu[at(place)] = work.lambda * nu[which];
  }
}

void LowRankUpdate::add_rank_directions(Work& work) const {
  if (work.lambda != 0) return;
  for (std::int64_t i = 0; i < poles_.directions(); ++i) {
    const double sigma = poles_.sigma[at(i)];
    work.basis.mu[at(i)] = sigma * sigma;
    for (std::int64_t c = 0; c < f_.rows(); ++c) work.basis.targets(i, c) = sigma * poles_.classes(c, i);
    for (std::int64_t a = 0; a < poles_.active(); ++a) {
      const double h = poles_.f(i, a) / sigma;
      work.basis.inputs[at(i)] += poles_.place[at(a)] * h * h;
      if (work.wanted == Eigenvectors::all) work.basis.h(poles_.slot[at(a)], i) = h;
    }
    if (work.wanted == Eigenvectors::all) poles_.turn_back(work.basis.h.col(i));
  }
}

void LowRankUpdate::add_idle(Work& work) const {
  for (std::size_t i = 0; i < poles_.idle.size(); ++i) {
    const std::int64_t place = work.idle_at[i];
    work.basis.inputs[at(place)] = poles_.spectrum[at(poles_.idle[i])];
    if (work.wanted == Eigenvectors::none) continue;
    work.basis.h(poles_.idle[i], place) = 1;
    poles_.turn_back(work.basis.h.col(place));
  }
}

/// Runs of roots that lie close together; those that are equal to rounding are moved to one place.
std::vector<LowRankUpdate::Cluster> LowRankUpdate::clusters_of(std::vector<Root>& roots, const Poles& poles) {
  std::vector<Cluster> clusters;
  for (std::size_t k = 0; k < roots.size(); ++k) {
    if (k > 0) {
      const Root& before = roots[k - 1];
      const double distance = std::abs((poles.place[at(before.origin)] - poles.place[at(roots[k].origin)]) +
                                       (before.delta - roots[k].delta));
      const double scale = std::min(before.scale, roots[k].scale);
      if (distance <= close_roots * scale) {
        const bool alike = before.near_first == roots[k].near_first && before.near_end == roots[k].near_end;
        if (distance <= equal_roots * std::min(before.resolution, roots[k].resolution) && alike) {
          roots[k].origin = before.origin;
          roots[k].delta = before.delta;
        }
        ++clusters.back().count;
        continue;
      }
    }
    clusters.push_back({k, 1});
  }
  return clusters;
}

void LowRankUpdate::add_roots(Work& work) const {
  const std::vector<Cluster> clusters = clusters_of(work.roots, poles_);
  const std::int64_t active = poles_.active(), threads = threads_;
  std::vector<Panel> panels(at(threads));
  const lapack::ThreadScope one(1);
  // A fixed share for every thread: sums are made in the same order every time.
  parallel_for(threads_, threads, [&](std::int64_t thread) {
    Panel& panel = panels[at(thread)];
    panel.sketch = DenseF64(active, sketch_width);
    panel.defect.resize(at(active));
    std::size_t first = clusters.size() * at(thread) / at(threads);
    const std::size_t end = clusters.size() * at(thread + 1) / at(threads);
    while (first < end) {
      std::size_t last = first, roots = 0;
      while (last < end && (roots == 0 || roots + clusters[last].count <= panel_width)) roots += clusters[last++].count;
      add_panel(work, std::span(clusters).subspan(first, last - first), panel);
      first = last;
    }
  });
  if (work.lambda == 0)  // with the directions of F the basis is whole
    for (std::int64_t i = 0; i < poles_.directions(); ++i) {
      std::vector<double> u(at(active));
      for (std::int64_t a = 0; a < active; ++a) u[at(a)] = poles_.f(i, a) / poles_.sigma[at(i)];
      for (std::int64_t s = 0; s < sketch_width; ++s)
        add(dot(u.data(), omega_.col(s), active), u.data(), panels[0].sketch.col(s), active);
    }
  double squared = 0;
  for (std::int64_t i = 0; i < omega_.size(); ++i) {
    double sum = -omega_.data()[i];
    for (const Panel& panel : panels) sum += panel.sketch.data()[i];
    squared += sum * sum;
  }
  work.basis.orthogonality = std::sqrt(squared / static_cast<double>(sketch_width));
  for (const Panel& panel : panels) work.basis.residual = std::max(work.basis.residual, panel.residual);
}

void LowRankUpdate::add_panel(Work& work, std::span<const Cluster> clusters, Panel& panel) const {
  const std::int64_t active = poles_.active(), n = poles_.directions();
  const std::size_t first = clusters.front().first, count = clusters.back().first + clusters.back().count - first;
  panel.h.resize(at(active) * count);
  panel.t.resize(at(n) * count);
  const std::span<const Root> roots = std::span(work.roots).subspan(first, count);
  secular_.vectors(work.lambda, roots, panel.h.data(), panel.t.data());
  const auto h_of = [&](std::size_t k) { return panel.h.data() + at(active) * (k - first); };
  const auto t_of = [&](std::size_t k) { return panel.t.data() + at(n) * (k - first); };
  for (const Cluster& cluster : clusters)
    for (std::size_t k = cluster.first; k < cluster.first + cluster.count; ++k) {
      double* h = h_of(k);
      double* t = t_of(k);
      const double before = std::sqrt(dot(h, h, active));
      for (int twice = 0; twice < 2; ++twice)
        for (std::size_t j = cluster.first; j < k; ++j) {
          const double overlap = dot(h_of(j), h, active);
          add(-overlap, h_of(j), h, active);
          add(-overlap, t_of(j), t, n);
        }
      const double norm = std::sqrt(dot(h, h, active));
      if (!(norm > 1e-3 * before))
        throw Error(ErrorCode::numerical, fmt::format("lambda = {}: vectors of equal roots of the secular equation are "
                                                      "not independent",
                                                      work.lambda));
      std::for_each_n(h, active, [&](double& x) { x /= norm; });
      std::for_each_n(t, n, [&](double& x) { x /= norm; });
      add_column(work, work.roots[k], h, t, panel);
    }
}

void LowRankUpdate::add_column(Work& work, const Root& root, const double* h, const double* t, Panel& panel) const {
  const std::int64_t active = poles_.active(), n = poles_.directions();
  const std::int64_t ahead = work.lambda == 0 ? n : 0, place = work.root_at[at(root.k - ahead)];
  double energy = 0;
  for (std::int64_t s = 0; s < active; ++s) energy += poles_.place[at(s)] * h[s] * h[s];
  work.basis.inputs[at(place)] = energy;
  for (std::int64_t c = 0; c < f_.rows(); ++c) {
    double sum = 0;
    for (std::int64_t i = 0; i < n; ++i) sum += poles_.classes(c, i) * t[i];
    work.basis.targets(place, c) = sum;
  }
  for (std::int64_t s = 0; s < sketch_width; ++s) add(dot(h, omega_.col(s), active), h, panel.sketch.col(s), active);
  for (std::int64_t s = 0; s < active; ++s)
    panel.defect[at(s)] = ((poles_.place[at(s)] - poles_.place[at(root.origin)]) - root.delta) * h[s];
  const double update = work.lambda > 0 ? poles_.sigma[0] * (poles_.sigma[0] / work.lambda) : 0;
  panel.residual = std::max(panel.residual, update_defect(poles_.f, poles_.sigma, work.lambda, t, panel.defect.data()) /
                                                std::max(poles_.place[0], update));
  if (work.wanted == Eigenvectors::none) return;
  double* column = work.basis.h.col(place);
  for (std::int64_t s = 0; s < active; ++s) column[poles_.slot[at(s)]] = h[s];
  poles_.turn_back(column);
}

}  // namespace eigenlens
