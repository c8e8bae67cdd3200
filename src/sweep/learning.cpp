// SPDX-License-Identifier: Apache-2.0
#include "eigenlens/learning.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "backend/transfer.hpp"
#include "eigenlens/error.hpp"
#include "host/index.hpp"
#include "sweep/bases.hpp"
#include "sweep/learning_curves.hpp"

namespace eigenlens {
namespace {

constexpr double largest_initial = 0.05;
constexpr double shares[] = {0.5, 0.9, 0.99};
constexpr double class_share = 0.9;
constexpr double first_time = 0.1;
constexpr double last_share = 0.999;  // of both energies, at the end of the grid
constexpr double points_a_decade = 50;

/// The fewest leading entries that add up to a share of all.
std::int64_t leading_to(const std::vector<double>& energy, double share) {
  const double wanted = share * std::accumulate(energy.begin(), energy.end(), 0.0);
  double sum = 0;
  for (std::size_t k = 0; k < energy.size(); ++k)
    if ((sum += energy[k]) >= wanted) return static_cast<std::int64_t>(k) + 1;
  return static_cast<std::int64_t>(energy.size());
}

/// A grid of times on which both energies come to their end.
std::vector<double> time_grid(const LearningCurves& curves, const LearningResult& result) {
  const double last = std::max(curves.time_to_learn(result.eigenvalues, last_share),
                               curves.time_to_learn(result.target_energy_of, last_share));
  const double decades = std::log10(last / first_time);
  const auto count = static_cast<std::int64_t>(std::ceil(decades * points_a_decade)) + 1;
  std::vector<double> times;
  for (std::int64_t i = 0; i < count; ++i)
    times.push_back(first_time * std::pow(10, decades * static_cast<double>(i) / static_cast<double>(count - 1)));
  return times;
}

LearningMilestone milestone(const LearningCurves& curves, const LearningResult& result, double share) {
  LearningMilestone m;
  m.share = share;
  m.input_time = curves.time_to_learn(result.eigenvalues, share);
  m.target_time = curves.time_to_learn(result.target_energy_of, share);
  m.input_k = leading_to(result.eigenvalues, share);
  m.target_k = leading_to(result.target_energy_of, share);
  m.eigenvalue_ratio = result.eigenvalues[at(m.input_k - 1)] / result.eigenvalues[at(m.target_k - 1)];
  return m;
}

/// Class by class, from T (R × C) whose squares add up to `total`.
std::vector<LearningClass> classes_of(const LearningCurves& curves, const DenseF64& t, double total,
                                      const std::vector<std::string>& names) {
  std::vector<LearningClass> classes;
  for (std::int64_t c = 0; c < t.cols(); ++c) {
    std::vector<double> energy(t.col(c), t.col(c) + t.rows());
    for (double& value : energy) value *= value;
    const double sum = std::accumulate(energy.begin(), energy.end(), 0.0);
    classes.push_back({.name = names.empty() ? fmt::format("class {}", c) : names[at(c)],
                       .energy = sum / total,
                       .time = curves.time_to_learn(energy, class_share)});
  }
  return classes;
}

}  // namespace

LearningResult learning(const Moments& moments, const Device& device, const LearningOptions& options) {
  if (!(options.initial > 0 && options.initial <= largest_initial))
    throw Error(ErrorCode::usage, fmt::format("initial strength = {}: expected a number above 0 and at most {}",
                                              options.initial, largest_initial));
  // 1. Eigenvalues and targets
  LearningResult result;
  DenseF64 t;
  SweepOptions sweeping;
  sweeping.progress = options.progress;
  const SweepResult swept =
      sweep_bases(moments, {Pretext{}}, device, sweeping, Outcome::curves, [&](const BasisView& view) {
        t = downloaded(view.problem.backend, view.basis.targets);
        result.eigenvalues = view.basis.mu;
      });
  static_cast<ResultFacts&>(result) = swept;
  result.initial = options.initial;
  // 2. The energy of each direction
  double total = 0;
  for (std::int64_t k = 0; k < t.rows(); ++k) {
    double energy = 0;
    for (std::int64_t c = 0; c < t.cols(); ++c) energy += t(k, c) * t(k, c);
    result.target_energy_of.push_back(energy);
    total += energy;
  }
  for (double& energy : result.target_energy_of) energy /= total;
  // 3. Over time
  const LearningCurves curves(result.eigenvalues, options.initial);
  result.time = time_grid(curves, result);
  for (const double time : result.time) {
    result.input.push_back(curves.learned(result.eigenvalues, time));
    result.target.push_back(curves.learned(result.target_energy_of, time));
  }
  for (const double share : shares) result.milestones.push_back(milestone(curves, result, share));
  result.per_class = classes_of(curves, t, total, moments.class_names);
  return result;
}

}  // namespace eigenlens
