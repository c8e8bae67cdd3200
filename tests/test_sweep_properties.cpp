// SPDX-License-Identifier: Apache-2.0
// What must hold for every curve, whatever the data, and between curves.
#include <gtest/gtest.h>

#include <cmath>

#include "eigenlens/sweep.hpp"
#include "support/nasty_sets.hpp"
#include "support/reference.hpp"
#include "support/tolerance.hpp"

namespace eigenlens::test {
namespace {

constexpr std::uint64_t seed = 27182818;

SweepResult sweep_all(const Moments& moments, const std::vector<std::string>& specifications, int threads = 2,
                      SolveMode mode = SolveMode::standard) {
  std::vector<Pretext> pretexts;
  for (const std::string& specification : specifications) {
    for (const Pretext& pretext : parse_pretext(specification)) pretexts.push_back(pretext);
  }
  SweepOptions options;
  options.mode = mode;
  SweepResult result = sweep(moments, pretexts, Device({.name = "cpu", .threads = threads}), options);
  EXPECT_EQ(result.curves.size(), pretexts.size());
  for (std::size_t i = 0; i < pretexts.size(); ++i) EXPECT_EQ(result.curves[i].pretext, pretexts[i]) << "order";
  return result;
}

void expect_same_curve(const Curve& a, const Curve& b, double bound) {
  EXPECT_TRUE(within(largest_difference(a.alignment, b.alignment), bound)) << "alignment";
  EXPECT_TRUE(within(largest_difference(a.alignment_figure, b.alignment_figure), 100 * bound)) << "figure";
  EXPECT_TRUE(within(largest_difference(a.alignment_noisy, b.alignment_noisy), bound)) << "noisy";
  EXPECT_TRUE(within(largest_difference(a.reconstruction_denoise, b.reconstruction_denoise), bound)) << "denoise";
  EXPECT_TRUE(within(largest_difference(a.reconstruction_clean, b.reconstruction_clean), bound)) << "clean";
  EXPECT_TRUE(within(largest_difference(a.reconstruction_refit, b.reconstruction_refit), bound)) << "refit";
  EXPECT_TRUE(within(largest_difference(a.eigenvalues, b.eigenvalues), bound * a.eigenvalues.front())) << "eigenvalues";
}

void expect_monotone(const std::vector<double>& values, double direction, double slack, const char* quantity) {
  for (std::size_t k = 0; k + 1 < values.size(); ++k) {
    EXPECT_GE(direction * (values[k + 1] - values[k]), -slack) << quantity << " at K = " << k + 2;
  }
}

void expect_range(const std::vector<double>& values, double low, double high, const char* quantity) {
  for (std::size_t k = 0; k < values.size(); ++k) {
    EXPECT_GE(values[k], low) << quantity << " at K = " << k + 1;
    EXPECT_LE(values[k], high) << quantity << " at K = " << k + 1;
  }
}

class SweepProperties : public ::testing::Test {
 protected:
  void SetUp() override { RecordProperty("seed", std::to_string(seed)); }
  const Samples samples_ = random_pixels({3, 4, 4}, 200, 5, seed);
  const Moments moments_ = engine_moments(samples_);
};

TEST(SweepEveryCurve, HasTheShapeOfACurve) {
  for (const NastySet& set : nasty_sets()) {
    SCOPED_TRACE(set.name);
    const double slack = rounding_bound(set.samples.dimension(), 1);
    const auto specifications = specifications_for(set.samples.shape);
    const SweepResult result = sweep_all(engine_moments(set.samples, set.scalar), specifications);
    for (std::size_t i = 0; i < specifications.size(); ++i) {
      SCOPED_TRACE(specifications[i]);
      const Curve& curve = result.curves[i];
      ASSERT_EQ(curve.alignment.size(), static_cast<std::size_t>(set.rank)) << "curves end at K = R";
      expect_monotone(curve.eigenvalues, -1, 0, "eigenvalues");
      expect_monotone(curve.alignment, 1, 0, "alignment");
      expect_monotone(curve.alignment_figure, 1, 0, "figure");
      expect_monotone(curve.alignment_noisy, 1, 0, "noisy");
      expect_monotone(curve.reconstruction_denoise, -1, slack, "denoise");
      expect_monotone(curve.reconstruction_refit, -1, slack, "refit");
      expect_range(curve.eigenvalues, 0, (1 + slack) * static_cast<double>(set.samples.values.size()), "eigenvalues");
      expect_range(curve.alignment, 0, 1 + slack, "alignment");
      expect_range(curve.alignment_figure, 0, 100 * (1 + slack), "figure");
      expect_range(curve.alignment_noisy, 0, 1 + 1e-9, "noisy");
      expect_range(curve.reconstruction_denoise, -slack, 1, "denoise");
      expect_range(curve.reconstruction_refit, -1e-9, 1, "refit");
      for (std::size_t k = 0; k < curve.alignment.size(); ++k) {  // no decoder is better than the refitted one
        EXPECT_GE(curve.reconstruction_clean[k], curve.reconstruction_refit[k] - 1e-9) << "K = " << k + 1;
      }
      EXPECT_NEAR(curve.alignment.back(), 1, slack);
      EXPECT_NEAR(curve.alignment_figure.back(), 100, 100 * slack);
      EXPECT_NEAR(curve.reconstruction_refit.back(), 0, 1e-9) << "every direction is there: nothing is lost";
    }
  }
}

TEST_F(SweepProperties, GaussianNoiseKeepsTheSubspaces) {
  const SweepResult result = sweep_all(moments_, {"reconstruct", "gaussian:sigma=0", "gaussian:sigma=0.1:10:5"});
  const Curve& plain = result.curves.front();
  for (const Curve& curve : result.curves) {
    SCOPED_TRACE(curve.pretext.to_string());
    EXPECT_TRUE(within(largest_difference(curve.alignment, plain.alignment), 1e-9));
    EXPECT_TRUE(within(largest_difference(curve.alignment_figure, plain.alignment_figure), 1e-7));
    EXPECT_TRUE(within(largest_difference(curve.reconstruction_refit, plain.reconstruction_refit), 1e-9));
  }
  expect_same_curve(result.curves[1], plain, 1e-9);
}

TEST_F(SweepProperties, NoNoiseIsPlainReconstruction) {
  const SweepResult result =
      sweep_all(moments_, {"reconstruct", "mask:patch=2,ratio=0", "mask:patch=4,ratio=0,channels=separate",
                           "dropout:ratio=0", "keep:patch=2,count=4", "keep:patch=1,count=48,channels=separate"});
  for (const Curve& curve : result.curves) {
    SCOPED_TRACE(curve.pretext.to_string());
    expect_same_curve(curve, result.curves.front(), 1e-9);
    EXPECT_TRUE(within(largest_difference(curve.alignment_noisy, curve.alignment), 1e-9)) << "nothing is noisy";
    EXPECT_TRUE(within(largest_difference(curve.reconstruction_clean, curve.reconstruction_refit), 1e-9));
    EXPECT_TRUE(within(largest_difference(curve.reconstruction_clean, curve.reconstruction_denoise), 1e-9));
  }
}

// Exactly m of P patches kept has the subspaces of independent masks of ratio (P − m)/(P − 1), not of 1 − m/P.
TEST_F(SweepProperties, KeepHasTheSubspacesOfAStrongerMask) {
  const SweepResult result =
      sweep_all(moments_, {"keep:patch=1,count=4", "mask:patch=1,ratio=0.8", "keep:patch=2x2,count=3",
                           "mask:patch=2x2,ratio=0.3333333333333333", "keep:patch=1,count=10,channels=separate",
                           "mask:patch=1,ratio=0.80851063829787229,channels=separate"});
  for (std::size_t i = 0; i < result.curves.size(); i += 2) {
    const Curve& keep = result.curves[i];
    const Curve& mask = result.curves[i + 1];
    SCOPED_TRACE(keep.pretext.to_string());
    EXPECT_TRUE(within(largest_difference(keep.alignment, mask.alignment), 1e-9));
    EXPECT_TRUE(within(largest_difference(keep.alignment_figure, mask.alignment_figure), 1e-7));
    EXPECT_TRUE(within(largest_difference(keep.reconstruction_refit, mask.reconstruction_refit), 1e-9));
  }
}

TEST_F(SweepProperties, AWholeImageAsOnePatchIsPlainReconstruction) {
  const SweepResult result = sweep_all(moments_, {"reconstruct", "mask:patch=4,ratio=0.7", "keep:patch=4,count=1"});
  for (const Curve& curve : result.curves) {
    SCOPED_TRACE(curve.pretext.to_string());
    EXPECT_TRUE(within(largest_difference(curve.alignment, result.curves.front().alignment), 1e-9));
  }
}

/// Twelve decades from the largest eigenvalue of G to the smallest: the basis is as good as rounding lets it be.
TEST_F(SweepProperties, AWholeImageAsOnePatchMayBeCloseToSingular) {
  const Moments moments = engine_moments(random_pixels({3, 12, 12}, 700, 5, seed));
  const SweepResult result = sweep_all(moments, {"reconstruct", "mask:patch=12,ratio=0.5"});
  const double condition = result.curves[0].eigenvalues.front() / result.curves[0].eigenvalues.back();
  EXPECT_GT(condition, 1e11) << "not close to it";
  EXPECT_TRUE(
      within(largest_difference(result.curves[0].alignment, result.curves[1].alignment), rounding_bound(1, condition)));
}

TEST_F(SweepProperties, PixelMasksOfGreyImagesAreDropout) {
  const Moments grey = engine_moments(random_pixels({1, 5, 5}, 120, 3, seed + 1));
  const SweepResult result =
      sweep_all(grey, {"dropout:ratio=0.6", "mask:patch=1,ratio=0.6", "mask:patch=1,ratio=0.6,channels=separate"});
  for (const Curve& curve : result.curves) expect_same_curve(curve, result.curves.front(), 1e-9);
}

TEST_F(SweepProperties, ACurveDoesNotDependOnItsCompany) {
  const std::vector<std::string> specifications = specifications_for(samples_.shape);
  const SweepResult together = sweep_all(moments_, specifications);
  for (std::size_t i = 0; i < specifications.size(); ++i) {
    SCOPED_TRACE(specifications[i]);
    const SweepResult alone = sweep_all(moments_, {specifications[i]});
    expect_same_curve(alone.curves.front(), together.curves[i], 1e-10);
  }
  const SweepResult twice = sweep_all(moments_, {"dropout:ratio=0.5", "reconstruct", "dropout:ratio=0.5"});
  expect_same_curve(twice.curves[0], twice.curves[2], 1e-10);
}

TEST_F(SweepProperties, ACurveDoesNotDependOnTheThreads) {
  const std::vector<std::string> specifications = specifications_for(samples_.shape);
  for (const SolveMode mode : {SolveMode::standard, SolveMode::accurate}) {
    const SweepResult one = sweep_all(moments_, specifications, 1, mode);
    const SweepResult two = sweep_all(moments_, specifications, 2, mode);
    for (std::size_t i = 0; i < specifications.size(); ++i) {
      SCOPED_TRACE(specifications[i]);
      expect_same_curve(one.curves[i], two.curves[i], 1e-10);
    }
  }
}

// Neither the unit of the pixels nor a shift of all of them means anything.
TEST_F(SweepProperties, UnitsDoNotMatter) {
  Samples other = samples_;
  for (std::int64_t i = 0; i < other.values.size(); ++i) other.values.data()[i] = other.values.data()[i] / 64 - 17;
  const std::vector<std::string> specifications{"reconstruct", "mask:patch=2,ratio=0.7", "gaussian:sigma=1"};
  const SweepResult bytes = sweep_all(moments_, specifications);
  const SweepResult reals = sweep_all(engine_moments(other, ScalarType::float64), specifications);
  EXPECT_TRUE(within(std::fabs(reals.global_std * 64 / bytes.global_std - 1), rounding_bound(samples_.count(), 1)));
  for (std::size_t i = 0; i < specifications.size(); ++i) {
    SCOPED_TRACE(specifications[i]);
    expect_same_curve(bytes.curves[i], reals.curves[i], 1e-9);
  }
}

/// One smooth curve with a random phase, weak detail that fades, and white noise: a spectrum of many decades.
Samples graded_samples(double noise) {
  Samples graded = random_pixels({1, 6, 6}, 400, 4, seed + 2);
  Draws draws(seed + 3);
  for (std::int64_t n = 0; n < graded.count(); ++n) {
    const double phase = 6.28 * draws.uniform();
    for (std::int64_t i = 0; i < graded.dimension(); ++i) {
      const auto position = static_cast<double>(i);
      const double detail = 0.01 * graded.values(i, n) * std::exp(-0.3 * position);
      graded.values(i, n) = 1000 * std::sin(0.11 * position + phase) + detail + noise * draws.uniform();
    }
  }
  return graded;
}

TEST_F(SweepProperties, AccurateIsStandardWhereTheSpectrumAllows) {
  const Moments moments = engine_moments(graded_samples(20), ScalarType::float64);
  for (const std::string specification : {"reconstruct", "mask:patch=1,ratio=0.9", "mask:patch=2,ratio=0.75"}) {
    SCOPED_TRACE(specification);
    const Curve standard = sweep_all(moments, {specification}).curves.front();
    const Curve accurate = sweep_all(moments, {specification}, 2, SolveMode::accurate).curves.front();
    expect_same_curve(standard, accurate, 1e-6);
  }
}

// cond(G) = 1e7, so μ_R/μ₁ < ε: an eigensolver that is accurate to ε·μ₁ loses the tail of H = KᵀK. Both modes must
// resolve it: the factor's singular vectors, and MRRR because H is graded. The subspaces of K are determined to c D ε
// σ₁/(σ_K − σ_{K+1}) with σ = √μ, the total that the shares are of to c ε cond(G).
TEST_F(SweepProperties, BothModesResolveTheTail) {
  const Samples graded = graded_samples(5);
  const ReferenceData data = reference_data(graded);
  const Moments moments = engine_moments(graded, ScalarType::float64);
  for (const std::string specification : {"mask:patch=1,ratio=0.9", "mask:patch=2,ratio=0.75", "dropout:ratio=0.99"}) {
    SCOPED_TRACE(specification);
    for (const SolveMode mode : {SolveMode::standard, SolveMode::accurate}) {
      const Curve curve = sweep_all(moments, {specification}, 2, mode).curves.front();
      const ReferenceCurve truth = reference_curve(data, curve.pretext);
      for (std::size_t k = 0; k + 1 < truth.alignment.size(); ++k) {
        const Real gap = std::sqrt(truth.eigenvalues[k]) - std::sqrt(truth.eigenvalues[k + 1]);
        const double bound =
            rounding_bound(graded.dimension(), static_cast<double>(std::sqrt(truth.eigenvalues[0]) / gap)) +
            rounding_bound(1, data_condition(data));
        const auto error = static_cast<double>(std::fabs(curve.alignment[k] - truth.alignment[k]));
        EXPECT_TRUE(within(error, bound)) << curve.checks.solver << ", K = " << k + 1;
      }
    }
  }
}

// Directions just above the threshold of rank are real, and their basis cannot be orthonormal to more than ε·cond(G):
// that is for the checks to say, not a reason to refuse.
TEST_F(SweepProperties, NearlyDependentPixelsAreNoError) {
  const Samples graded = graded_samples(1e-3);
  const ReferenceData data = reference_data(graded);
  const double condition = data_condition(data);
  ASSERT_GT(condition, 1e13) << "the set is not what it should be";
  const SweepResult result = sweep_all(engine_moments(graded, ScalarType::float64), {"reconstruct"});
  const Curve& curve = result.curves.front();
  expect_monotone(curve.alignment, 1, 0, "alignment");
  EXPECT_NEAR(curve.alignment.back(), 1, rounding_bound(graded.dimension(), 1));
  EXPECT_TRUE(within(curve.checks.residual, residual_bound(graded.dimension(), 1, 1, 1, 1)));
  EXPECT_TRUE(within(curve.checks.orthogonality, orthogonality_bound(graded.dimension(), condition)));
}

}  // namespace
}  // namespace eigenlens::test
