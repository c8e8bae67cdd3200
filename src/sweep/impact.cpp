// SPDX-License-Identifier: Apache-2.0
#include "eigenlens/impact.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "eigenlens/error.hpp"
#include "host/index.hpp"
#include "sweep/bases.hpp"
#include "sweep/curve.hpp"
#include "sweep/families.hpp"
#include "sweep/rotation.hpp"

namespace eigenlens {
namespace {

constexpr std::int64_t default_count = 20;

/// Looks at every basis while it is there.
class Survey {
 public:
  Survey(const std::vector<Pretext>& pretexts, const Moments& moments, const ImpactOptions& options,
         ImpactResult& result)
      : options_(options), result_(result) {
    result_.depth = options.depth;
    result_.impacts.resize(pretexts.size());
    for (const FamilyTasks& family : by_family(pretexts, moments.shape, moments.count)) {
      if (family.tasks.empty()) continue;
      for (const Task& task : family.tasks) result_.impacts[task.position].structure = result_.structures.size();
      result_.structures.push_back({family.groups.empty() ? "isotropic" : family.name, {}});
    }
    energies_.resize(result_.structures.size());
  }

  void look(const BasisView& view) {
    if (result_.principal_gap.empty()) start(view.problem);
    NoiseImpact& impact = result_.impacts[view.position];
    impact.pretext = view.pretext;
    add_coupling(view, impact);
    if (options_.depth == ImpactDepth::couplings) return;
    Angles angles = angles_of(view.problem, view.basis, result_.k);
    impact.max_sin = std::move(angles.max_sin);
    impact.sum_sin2 = std::move(angles.sum_sin2);
    for (std::size_t k = 0; k < impact.sum_sin2.size(); ++k)
      impact.mean_sin2.push_back(impact.sum_sin2[k] / static_cast<double>(k + 1));
  }

 private:
  /// What only the rank tells.
  void start(const Problem& problem) {
    result_.principal_gap = relative_gaps(problem.spectrum);
    if (options_.depth == ImpactDepth::couplings) return;
    result_.k = options_.k.value_or(impact_k(problem.rank));
    if (options_.k && options_.k->empty()) {
      result_.k.resize(at(problem.rank));
      std::iota(result_.k.begin(), result_.k.end(), std::int64_t{1});
    }
    std::sort(result_.k.begin(), result_.k.end());
    result_.k.erase(std::unique(result_.k.begin(), result_.k.end()), result_.k.end());
  }

  /// (68) once a structure; (69): with S = aG + bB the corner is that of bB.
  void add_coupling(const BasisView& view, NoiseImpact& impact) {
    CornerEnergies& energies = energies_[impact.structure];
    NoiseStructure& structure = result_.structures[impact.structure];
    if (energies.corner.empty()) {
      energies = structure_energies(view.problem, view.family);
      for (const double corner : energies.corner) structure.coupling.push_back(std::sqrt(corner / energies.total));
    }
    const auto [s, tau, a, b] = view.strength;
    double total = b * b * energies.total;
    for (std::size_t k = 0; k < energies.diagonal.size(); ++k) {
      const double lambda = view.problem.spectrum[k];
      total += a * lambda * (a * lambda + 2 * b * energies.diagonal[k]);
    }
    for (const double corner : energies.corner) impact.coupling.push_back(b * std::sqrt(corner / total));
  }

  const ImpactOptions& options_;
  ImpactResult& result_;
  std::vector<CornerEnergies> energies_;  ///< of every structure, once it was seen
};

SweepOptions sweep_options(const ImpactOptions& options) {
  SweepOptions sweep;
  sweep.mode = options.mode;
  sweep.progress = options.progress;
  if (!options.k || options.k->empty()) return sweep;
  const auto [least, most] = std::minmax_element(options.k->begin(), options.k->end());
  if (*least < 1) throw Error(ErrorCode::usage, fmt::format("K = {} is below 1", *least));
  sweep.largest_k = *most;
  return sweep;
}

}  // namespace

bool ImpactResult::determined(const NoiseImpact& impact, std::int64_t dimensions) const {
  const auto above = [dimensions](const std::vector<double>& gaps) {
    return dimensions >= 1 && at(dimensions) <= gaps.size() && gaps[at(dimensions - 1)] > impact_gap;
  };
  return above(principal_gap) && (depth == ImpactDepth::couplings || above(impact.relative_gap));
}

std::vector<std::int64_t> impact_k(std::int64_t rank) {
  std::vector<std::int64_t> k;
  const double last = std::log(static_cast<double>(std::max<std::int64_t>(rank - 1, 1)));
  for (std::int64_t i = 0; i < default_count; ++i) {
    const std::int64_t next = std::llround(std::exp(last * static_cast<double>(i) / (default_count - 1)));
    if (k.empty() || next > k.back()) k.push_back(next);
  }
  return k;
}

ImpactResult impact(const Moments& moments, const std::vector<Pretext>& pretexts, const Device& device,
                    const ImpactOptions& options) {
  const SweepOptions sweep = sweep_options(options);
  ImpactResult result;
  Survey survey(pretexts, moments, options, result);
  SweepResult swept = sweep_bases(
      moments, pretexts, device, sweep, impact_outcome(options.depth),
      [&survey](const BasisView& view) { survey.look(view); }, Labels::unused);
  for (std::size_t i = 0; i < pretexts.size(); ++i) {
    result.impacts[i].relative_gap = std::move(swept.curves[i].relative_gap);
    result.impacts[i].checks = std::move(swept.curves[i].checks);
  }
  static_cast<ResultFacts&>(result) = std::move(swept);
  return result;
}

}  // namespace eigenlens
