// SPDX-License-Identifier: Apache-2.0
#include "sweep/curve.hpp"

#include <cmath>
#include <functional>

#include "host/index.hpp"

namespace eigenlens {
namespace {

/// Σ_{j ≤ k} term(j) for every k.
std::vector<double> prefix_sums(std::int64_t count, const std::function<double(std::int64_t)>& term) {
  std::vector<double> sums;
  sums.reserve(at(count));
  double sum = 0;
  for (std::int64_t k = 0; k < count; ++k) sums.push_back(sum += term(k));
  return sums;
}

void add_alignment(const Strength& strength, const SolvedBasis& basis, Curve& curve) {
  const double total = basis.explained.back(), figure_total = basis.explained_by_sizes.back();
  for (const double sum : basis.explained) curve.alignment.push_back(sum / total);
  for (const double sum : basis.explained_by_sizes)
    curve.alignment_figure.push_back(100 * std::sqrt(sum / figure_total));
  for (const double sum : basis.explained_noisy) curve.alignment_noisy.push_back(strength.gain() * sum / total);
}

void add_reconstruction(const Strength& strength, const SolvedBasis& basis, const Centring& centring, Curve& curve) {
  const auto rank = static_cast<std::int64_t>(basis.mu.size());
  const double energy = centring.trace(), ratio = strength.s / strength.tau;
  curve.reconstruction_denoise = prefix_sums(rank, [&](std::int64_t k) { return strength.gain() * basis.mu[at(k)]; });
  curve.reconstruction_clean = prefix_sums(
      rank, [&](std::int64_t k) { return ratio * basis.mu[at(k)] * (2 - ratio * basis.clean_power[at(k)]); });
  curve.reconstruction_refit = basis.explained_inputs;
  for (auto* explained : {&curve.reconstruction_denoise, &curve.reconstruction_clean, &curve.reconstruction_refit})
    for (double& value : *explained) value = 1 - value / energy;
}

}  // namespace

std::vector<double> relative_gaps(const std::vector<double>& mu) {
  std::vector<double> gaps;
  for (std::size_t k = 0; k < mu.size(); ++k) {
    const double next = k + 1 < mu.size() ? mu[k + 1] : 0;
    gaps.push_back(mu[k] > 0 ? (mu[k] - next) / mu[k] : 0);
  }
  return gaps;
}

Curve assemble_curve(const Pretext& pretext, const Strength& strength, const SolvedBasis& basis,
                     const Centring& centring) {
  Curve curve;
  curve.pretext = pretext;
  for (const double mu : basis.mu) curve.eigenvalues.push_back(strength.gain() * mu);
  curve.relative_gap = relative_gaps(basis.mu);
  add_alignment(strength, basis, curve);
  add_reconstruction(strength, basis, centring, curve);
  curve.checks = {.residual = basis.residual,
                  .orthogonality = basis.orthogonality,
                  .orthogonality_limit = basis.orthogonality_limit,
                  .rank = static_cast<std::int64_t>(basis.mu.size()),
                  .solver = basis.routine};
  return curve;
}

}  // namespace eigenlens
