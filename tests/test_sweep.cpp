// SPDX-License-Identifier: Apache-2.0
// Every curve of the engine against the slow truth, on sets that are awkward by design.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "eigenlens/sweep.hpp"
#include "support/nasty_sets.hpp"
#include "support/reference.hpp"
#include "support/tolerance.hpp"

namespace eigenlens::test {
namespace {

/// How far a backward-stable solution may be from the truth, for one pencil of order D.
struct Bounds {
  double spectrum = 0;            ///< of eigenvalues relative to the largest, and of what sums them: c D ε
  double orthogonality = 0;       ///< of ‖VᵀSV − I‖: c D ε cond(S) on the range of S
  double residual = 0;            ///< of the normalised residual: c D ε (1 + μ₁‖S‖/‖A₁A₁ᵀ‖)
  std::vector<double> subspaces;  ///< of shares that depend on the K-th subspace: c D ε μ₁/(μ_K − μ_{K+1})
                                  ///< (Davis–Kahan), and c ε cond(G) for the total that they are shares of
};

Bounds bounds_of(const ReferenceData& data, const Pretext& pretext, const std::vector<Real>& mu) {
  const NoiseMoments noise = noise_moments(data, pretext);
  const std::vector<Real> s = jacobi_eigen(noise.s).values;
  const Real norm_a = jacobi_eigen(product(noise.a1, transpose(noise.a1))).values.front();
  const auto dimension = static_cast<std::int64_t>(s.size());
  const Real condition = s.front() / s[static_cast<std::size_t>(numerical_rank(s)) - 1];
  Bounds bounds;
  bounds.spectrum = rounding_bound(dimension, 1);
  bounds.orthogonality = orthogonality_bound(dimension, static_cast<double>(condition));
  bounds.residual = residual_bound(dimension, 1, static_cast<double>(mu.front() * s.front() / norm_a), 1, 1);
  for (std::size_t k = 0; k < mu.size(); ++k) {
    const Real gap = k + 1 < mu.size() ? mu[k] - mu[k + 1] : mu.front();
    bounds.subspaces.push_back(rounding_bound(dimension, static_cast<double>(mu.front() / gap)) +
                               rounding_bound(1, data_condition(data)));
  }
  return bounds;
}

void expect_close(const std::vector<double>& ours, const std::vector<Real>& truth, const std::vector<double>& bounds,
                  const char* quantity) {
  ASSERT_EQ(ours.size(), truth.size()) << quantity;
  for (std::size_t k = 0; k < ours.size(); ++k) {
    const auto error = static_cast<double>(std::fabs(ours[k] - truth[k]));
    EXPECT_TRUE(within(error, bounds[k])) << quantity << " at K = " << k + 1 << " of " << ours.size();
  }
}

/// The figure's percents as shares, so that the root does not magnify rounding next to zero.
template <class Scalar>
std::vector<Scalar> squared_shares(std::vector<Scalar> percents) {
  for (Scalar& value : percents) value = (value / 100) * (value / 100);
  return percents;
}

void compare_with_truth(const Curve& curve, const ReferenceCurve& truth, const Bounds& bounds) {
  const std::vector<double> flat(truth.eigenvalues.size(), bounds.spectrum);
  const std::vector<double> spectrum(truth.eigenvalues.size(),
                                     bounds.spectrum * static_cast<double>(truth.eigenvalues.front()));
  expect_close(curve.eigenvalues, truth.eigenvalues, spectrum, "eigenvalues");
  expect_close(curve.alignment, truth.alignment, bounds.subspaces, "alignment");
  expect_close(squared_shares(curve.alignment_figure), squared_shares(truth.alignment_figure), bounds.subspaces,
               "alignment_figure");
  expect_close(curve.alignment_noisy, truth.alignment_noisy, bounds.subspaces, "alignment_noisy");
  expect_close(curve.reconstruction_denoise, truth.denoise, flat, "denoise");
  std::vector<double> clean = bounds.subspaces;  // a decoder trained under noise may be far worse than nothing
  for (std::size_t k = 0; k < clean.size(); ++k) clean[k] *= std::max(1.0, static_cast<double>(truth.clean[k]));
  expect_close(curve.reconstruction_clean, truth.clean, clean, "clean");
  expect_close(curve.reconstruction_refit, truth.refit, bounds.subspaces, "refit");
  EXPECT_EQ(curve.checks.rank, static_cast<std::int64_t>(truth.eigenvalues.size()));
  EXPECT_FALSE(curve.checks.solver.empty());
  EXPECT_TRUE(within(curve.checks.residual, bounds.residual)) << "checks.residual";
  EXPECT_TRUE(within(curve.checks.orthogonality, bounds.orthogonality)) << "checks.orthogonality";
}

std::vector<Pretext> parse_all(const std::vector<std::string>& specifications) {
  std::vector<Pretext> pretexts;
  for (const std::string& specification : specifications) {
    for (const Pretext& pretext : parse_pretext(specification)) pretexts.push_back(pretext);
  }
  return pretexts;
}

class Sweep : public ::testing::TestWithParam<std::size_t> {
 protected:
  const NastySet& set() const { return nasty_sets().at(GetParam()); }
};

TEST_P(Sweep, EqualsTheTruth) {
  RecordProperty("seed", std::to_string(nasty_seed));
  SCOPED_TRACE(set().name + ", seed " + std::to_string(nasty_seed));
  const ReferenceData data = reference_data(set().samples);
  ASSERT_EQ(data.rank, set().rank) << "the set is not what it should be";
  const std::vector<Pretext> pretexts = parse_all(specifications_for(set().samples.shape));
  std::vector<ReferenceCurve> truths;
  std::vector<Bounds> bounds;
  for (const Pretext& pretext : pretexts) {
    truths.push_back(reference_curve(data, pretext));
    bounds.push_back(bounds_of(data, pretext, truths.back().eigenvalues));
  }
  const Moments moments = engine_moments(set().samples, set().scalar);
  for (const SolveMode mode : {SolveMode::standard, SolveMode::accurate}) {
    SweepOptions options;
    options.mode = mode;
    const SweepResult result = sweep(moments, pretexts, Device({.name = "cpu", .threads = 2}), options);
    ASSERT_EQ(result.curves.size(), pretexts.size());
    for (std::size_t i = 0; i < pretexts.size(); ++i) {
      SCOPED_TRACE(pretexts[i].to_string() + (mode == SolveMode::accurate ? ", accurate" : ""));
      compare_with_truth(result.curves[i], truths[i], bounds[i]);
    }
  }
}

TEST_P(Sweep, DescribesTheData) {
  SCOPED_TRACE(set().name);
  const ReferenceData data = reference_data(set().samples);
  const SweepResult result = sweep(engine_moments(set().samples, set().scalar), {Pretext{}}, Device({.name = "cpu"}));
  EXPECT_EQ(result.count, set().samples.count());
  EXPECT_EQ(result.shape, set().samples.shape);
  EXPECT_EQ(result.classes, set().samples.classes);
  EXPECT_EQ(result.rank, set().rank);
  EXPECT_EQ(result.constant_pixels, set().constant_pixels);
  const auto scale = static_cast<double>(data.global_std);
  EXPECT_TRUE(within(std::fabs(result.global_std / scale - 1), rounding_bound(set().samples.count(), 1)));
  EXPECT_TRUE(within(std::fabs(result.target_energy - static_cast<double>(reference_target_energy(data))),
                     rounding_bound(set().samples.count(), 1)));
}

TEST_P(Sweep, GapsBelongToTheEigenvalues) {
  SCOPED_TRACE(set().name);
  const SweepResult result = sweep(engine_moments(set().samples, set().scalar),
                                   parse_all({"reconstruct", "dropout:ratio=0.5"}), Device({.name = "cpu"}));
  for (const Curve& curve : result.curves) {
    const std::vector<double>& mu = curve.eigenvalues;
    ASSERT_EQ(curve.relative_gap.size(), mu.size());
    for (std::size_t k = 0; k + 1 < mu.size(); ++k) {
      EXPECT_NEAR(curve.relative_gap[k], (mu[k] - mu[k + 1]) / mu[k], 4 * epsilon) << "K = " << k + 1;
    }
    EXPECT_EQ(curve.relative_gap.back(), 1.0);
  }
}

std::string test_name(const ::testing::TestParamInfo<std::size_t>& info) {
  std::string name = nasty_sets().at(info.param).name;
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Nasty, Sweep, ::testing::Range(std::size_t{0}, nasty_sets().size()), test_name);

}  // namespace
}  // namespace eigenlens::test
