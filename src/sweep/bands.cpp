// SPDX-License-Identifier: Apache-2.0
#include "eigenlens/bands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "backend/transfer.hpp"
#include "eigenlens/error.hpp"
#include "host/index.hpp"
#include "moments/batch_checks.hpp"
#include "moments/sample_mean.hpp"
#include "sweep/band_accuracy.hpp"
#include "sweep/band_projector.hpp"
#include "sweep/bases.hpp"

namespace eigenlens {
namespace {

/// A sum that is a share of the whole but for rounding is that share.
constexpr double rounding = 1e-12;

double sum_of(const std::vector<double>& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

DenseF64 transposed(const DenseF64& a) {
  DenseF64 b(a.cols(), a.rows());
  for (std::int64_t j = 0; j < a.cols(); ++j)
    for (std::int64_t i = 0; i < a.rows(); ++i) b(j, i) = a(i, j);
  return b;
}

/// P = Eᵀ with unit columns: row k of E is p_kᵀ/√λ_k.
DenseF64 directions_of(const DenseF64& encoder) {
  DenseF64 p = transposed(encoder);
  for (std::int64_t k = 0; k < p.cols(); ++k) {
    double* column = p.col(k);
    const double norm = std::sqrt(std::inner_product(column, column + p.rows(), column, 0.0));
    for (std::int64_t i = 0; i < p.rows(); ++i) column[i] /= norm;
  }
  return p;
}

/// The fewest leading eigenvalues that add up to a share of all.
std::int64_t leading_directions(const std::vector<double>& eigenvalues, double share) {
  const double wanted = share * sum_of(eigenvalues) * (1 - rounding);
  double sum = 0;
  std::int64_t k = 0;
  while (sum < wanted && k < static_cast<std::int64_t>(eigenvalues.size())) sum += eigenvalues[at(k++)];
  return k;
}

}  // namespace

std::string Band::name() const { return fmt::format("{}-{}", end == BandEnd::top ? "top" : "bottom", share); }

PrincipalDirections principal_directions(const Moments& moments, const Device& device, const SweepOptions& options) {
  PrincipalDirections principal;
  const SweepResult swept =
      sweep_bases(moments, {Pretext{}}, device, options, Outcome::encoders, [&](const BasisView& view) {
        principal.directions = directions_of(downloaded(view.problem.backend, view.basis.encoder));
        principal.targets = transposed(downloaded(view.problem.backend, view.basis.targets));
        principal.eigenvalues = view.basis.mu;
      });
  static_cast<ResultFacts&>(principal) = swept;
  principal.mean = sample_mean(moments);
  principal.class_counts = moments.class_counts;
  principal.arithmetic = moments.arithmetic;
  return principal;
}

BandCut cut_band(const PrincipalDirections& principal, const Band& band) {
  if (!(band.share >= 0 && band.share <= 1))
    throw Error(ErrorCode::usage, fmt::format("share = {}: expected a share of the variance, 0 to 1", band.share));
  const bool top = band.end == BandEnd::top;
  const double share = top ? band.share : 1 - band.share;  // of the directions that are left in or out
  const std::vector<double>& values = principal.eigenvalues;
  const auto rank = static_cast<std::int64_t>(values.size());
  BandCut cut;
  cut.band = band;
  cut.whole = share == 1;
  cut.leading = cut.whole ? rank : leading_directions(values, share);
  const double kept = std::accumulate(values.begin(), values.begin() + cut.leading, 0.0) / sum_of(values);
  cut.variance = cut.whole ? (top ? 1 : 0) : (top ? kept : 1 - kept);
  const bool inside = cut.leading > 0 && cut.leading < rank;
  cut.relative_gap = inside ? 1 - values[at(cut.leading)] / values[at(cut.leading - 1)] : 1;
  return cut;
}

BandCurves band_curves(const PrincipalDirections& principal) {
  const DenseF64& t = principal.targets;
  BandCurves curves{.variance = {0}, .alignment = {0}, .test = {}, .accuracy_top = {}, .accuracy_bottom = {}};
  for (std::int64_t k = 0; k < t.cols(); ++k) {
    curves.variance.push_back(curves.variance.back() + principal.eigenvalues[at(k)]);
    curves.alignment.push_back(curves.alignment.back() +
                               std::inner_product(t.col(k), t.col(k) + t.rows(), t.col(k), 0.0));
  }
  for (auto* sums : {&curves.variance, &curves.alignment}) {
    const double total = sums->back();
    for (double& sum : *sums) sum /= total;
  }
  return curves;
}

void test_bands(const PrincipalDirections& principal, Dataset& test, const Device& device, const Progress& progress,
                BandCurves& curves) {
  const DatasetInfo& info = test.info();
  require_same_shape(principal, info);
  if ((principal.arithmetic == Arithmetic::exact) != (info.scalar == ScalarType::uint8))
    throw Error(ErrorCode::usage,
                fmt::format("{}: the test set holds {}, but {} was {}: values would be in other units",
                            source_name(info), scalar_name(info.scalar), principal.dataset,
                            principal.arithmetic == Arithmetic::exact ? "8-bit" : "floating point"));
  std::vector<double> priors;
  for (const std::int64_t n : principal.class_counts)
    priors.push_back(static_cast<double>(n) / static_cast<double>(principal.count));
  BandProjector projector(principal, device.backend());
  BandCounts counts;
  while (const std::optional<Batch> batch = test.next()) {
    check_batch(*batch, info, principal.classes, counts.samples, device.threads());
    for (std::int64_t first = 0; first < batch->count; first += projector.chunk()) {
      const std::int64_t count = std::min(projector.chunk(), batch->count - first);
      const DenseF64 features = projector.features(projector.values(*batch, first, count));
      count_correct(features, principal.targets, priors, batch->labels + first, device.threads(), counts);
    }
    if (progress && !progress({"testing the bands", counts.samples, info.count, "images"}))
      throw Error(ErrorCode::cancelled, fmt::format("cancelled after {} test images", counts.samples));
  }
  if (counts.samples == 0) throw Error(ErrorCode::data, fmt::format("{}: no samples", source_name(info)));
  curves.test = info.name;
  curves.test_count = counts.samples;
  const auto share = [&counts](std::int64_t n) { return static_cast<double>(n) / static_cast<double>(counts.samples); };
  std::transform(counts.top.begin(), counts.top.end(), std::back_inserter(curves.accuracy_top), share);
  std::transform(counts.bottom.begin(), counts.bottom.end(), std::back_inserter(curves.accuracy_bottom), share);
}

std::vector<double> band_shares() {
  std::vector<double> shares;
  for (int i = 1; i < 20; ++i) shares.push_back(i / 20.0);
  shares.push_back(0.99);
  return shares;
}

}  // namespace eigenlens
