// SPDX-License-Identifier: Apache-2.0
/// \file
/// Variance bands against explicit N × D computations: where they are cut, what they are, what they classify.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "eigenlens/bands.hpp"
#include "support/backend_cases.hpp"
#include "support/dataset_files.hpp"
#include "support/golden_data.hpp"
#include "support/reference.hpp"
#include "support/stored_set.hpp"
#include "support/tolerance.hpp"
#include "sweep/band_accuracy.hpp"
#include "sweep/band_projector.hpp"

namespace eigenlens::test {
namespace {

using ::testing::HasSubstr;

constexpr ImageShape shape{.channels = 3, .height = 4, .width = 5};

class Bands : public BackendTest {
 protected:
  [[nodiscard]] PrincipalDirections principal() const {
    return principal_directions(engine_moments(samples_), device());
  }
  Samples samples_ = random_pixels(shape, 150, 4, backend_seed);
};

double total(const std::vector<double>& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

TEST_P(Bands, DirectionsAreThoseOfTheData) {
  const PrincipalDirections p = principal();
  const ReferenceData data = reference_data(samples_);
  ASSERT_EQ(p.rank, data.rank);
  const DenseF64 pp = naive_product('T', 'N', p.directions, p.directions);
  DenseF64 g(p.directions.rows(), p.directions.rows()), identity(p.rank, p.rank);
  for (std::int64_t k = 0; k < p.rank; ++k) identity(k, k) = 1;
  for (std::int64_t i = 0; i < g.size(); ++i) g.data()[i] = static_cast<double>(data.gram.data()[i]);
  EXPECT_TRUE(within(difference(pp, identity), orthogonality_bound(g.rows(), 1e2)));
  const DenseF64 gp = naive_product('N', 'N', g, p.directions), pl = scaled_columns(p.directions, p.eigenvalues);
  EXPECT_TRUE(within(difference(gp, pl), residual_bound(g.rows(), p.eigenvalues[0], 0, 1, 1)));
}

TEST_P(Bands, AreCutAtTheFewestDirectionsThatHoldTheShare) {
  const PrincipalDirections p = principal();
  const double all = total(p.eigenvalues);
  for (const double share : {0.05, 0.3, 0.5, 0.75, 0.9, 0.999}) {
    const BandCut top = cut_band(p, {BandEnd::top, share}), bottom = cut_band(p, {BandEnd::bottom, 1 - share});
    EXPECT_EQ(top.leading, bottom.leading);
    EXPECT_GE(top.variance, share);
    EXPECT_NEAR(top.variance + bottom.variance, 1, 1e-14);
    const double before = total({p.eigenvalues.begin(), p.eigenvalues.begin() + top.leading - 1}) / all;
    EXPECT_LT(before, share);
    EXPECT_GT(top.relative_gap, 0);
    EXPECT_LT(top.relative_gap, 1);
  }
  EXPECT_EQ(cut_band(p, {BandEnd::top, 0}).leading, 0);
  EXPECT_EQ(cut_band(p, {BandEnd::bottom, 1}).leading, 0);
  EXPECT_TRUE(cut_band(p, {BandEnd::top, 1}).whole);
  EXPECT_EQ(cut_band(p, {BandEnd::top, 1}).variance, 1);
  EXPECT_EQ(cut_band(p, {BandEnd::bottom, 0}).variance, 0);
  EXPECT_EQ((Band{BandEnd::bottom, 0.25}).name(), "bottom-0.25");
  for (const double share : {-0.1, 1.5, std::nan("")})
    EXPECT_THAT(error_of(ErrorCode::usage, [&] { cut_band(p, {BandEnd::top, share}); }), HasSubstr("0 to 1"));
}

TEST_P(Bands, AreProjectionsOfTheSamples) {
  const PrincipalDirections p = principal();
  BandProjector projector(p, device().backend());
  const Eigen eigen = jacobi_eigen(reference_data(samples_).gram);
  const std::int64_t d = shape.size();
  for (const double share : {0.3, 0.75, 0.95}) {
    const BandCut top = cut_band(p, {BandEnd::top, share}), bottom = cut_band(p, {BandEnd::bottom, 1 - share});
    ASSERT_GT(top.relative_gap, 1e-3) << "or the band is not determined";
    const DenseF64 high = projector.band(samples_.values, top), low = projector.band(samples_.values, bottom);
    for (std::int64_t j = 0; j < samples_.count(); j += 7) {
      std::vector<Real> expected(static_cast<std::size_t>(d));
      for (std::int64_t k = 0; k < top.leading; ++k) {
        Real coordinate = 0;
        for (std::int64_t i = 0; i < d; ++i)
          coordinate += eigen.vectors(i, k) * (samples_.values(i, j) - p.mean[static_cast<std::size_t>(i)]);
        for (std::int64_t i = 0; i < d; ++i) expected[static_cast<std::size_t>(i)] += eigen.vectors(i, k) * coordinate;
      }
      for (std::int64_t i = 0; i < d; ++i) {
        const double mean = p.mean[static_cast<std::size_t>(i)], x = samples_.values(i, j);
        const auto part = static_cast<double>(expected[static_cast<std::size_t>(i)]);
        EXPECT_TRUE(within(std::fabs(high(i, j) - mean - part), rounding_bound(d, 255 / top.relative_gap)));
        EXPECT_TRUE(within(std::fabs(high(i, j) + low(i, j) - mean - x), rounding_bound(1, 255)));
      }
    }
  }
}

TEST_P(Bands, OfEverythingAndOfNothing) {
  const PrincipalDirections p = principal();
  BandProjector projector(p, device().backend());
  for (const Band band : {Band{BandEnd::top, 1}, Band{BandEnd::bottom, 1}})
    EXPECT_EQ(projector.band(samples_.values, cut_band(p, band)), samples_.values) << band.name() << ": the same bits";
  for (const Band band : {Band{BandEnd::top, 0}, Band{BandEnd::bottom, 0}}) {
    const DenseF64 images = projector.band(samples_.values, cut_band(p, band));
    for (std::int64_t j = 0; j < images.cols(); ++j)
      EXPECT_EQ(std::vector<double>(images.col(j), images.col(j) + images.rows()), p.mean) << band.name();
  }
}

TEST_P(Bands, FeaturesAreUncorrelatedAndOfUnitEnergy) {
  const PrincipalDirections p = principal();
  const DenseF64 q = BandProjector(p, device().backend()).features(samples_.values);
  DenseF64 identity(p.rank, p.rank);
  for (std::int64_t k = 0; k < p.rank; ++k) identity(k, k) = 1;
  EXPECT_TRUE(within(difference(naive_product('N', 'T', q, q), identity), orthogonality_bound(shape.size(), 1e4)));
}

/// Correct predictions of least squares with intercept on some coordinates, by normal equations.
std::int64_t correct_by_least_squares(const DenseF64& train, const Samples& samples, const DenseF64& test,
                                      const std::vector<std::int32_t>& labels) {
  const std::int64_t k = train.rows(), n = train.cols();
  RealMatrix x(k, n), y(samples.classes, n);
  for (std::int64_t i = 0; i < x.size(); ++i) x.data()[i] = train.data()[i];
  for (std::int64_t j = 0; j < n; ++j) y(samples.labels[static_cast<std::size_t>(j)], j) = 1;
  RealMatrix w(k, samples.classes);
  if (k > 0) {
    const RealMatrix l = *cholesky(product(x, transpose(x)), 1e-18L);
    w = solve_lower_transposed(l, solve_lower(l, product(x, transpose(y))));
  }
  std::int64_t correct = 0;
  for (std::int64_t j = 0; j < test.cols(); ++j) {
    std::vector<Real> logits(static_cast<std::size_t>(samples.classes));
    for (std::int64_t c = 0; c < samples.classes; ++c) {
      Real& logit = logits[static_cast<std::size_t>(c)];
      for (std::int64_t i = 0; i < n; ++i) logit += y(c, i) / static_cast<Real>(n);
      for (std::int64_t i = 0; i < k; ++i) logit += w(i, c) * test(i, j);
    }
    const auto best = std::max_element(logits.begin(), logits.end()) - logits.begin();
    correct += best == labels[static_cast<std::size_t>(j)] ? 1 : 0;
  }
  return correct;
}

/// Rows first … first + count − 1.
DenseF64 rows_of(const DenseF64& a, std::int64_t first, std::int64_t count) {
  DenseF64 part(count, a.cols());
  for (std::int64_t j = 0; j < a.cols(); ++j) std::copy_n(a.col(j) + first, count, part.col(j));
  return part;
}

TEST_P(Bands, AccuracyIsThatOfLeastSquaresOnTheBand) {
  const PrincipalDirections p = principal();
  const Samples test = random_pixels(shape, 90, 4, 5);
  BandProjector projector(p, device().backend());
  const DenseF64 train = projector.features(samples_.values), seen = projector.features(test.values);
  const TemporaryDirectory directory;
  OpenOptions options;
  options.batch = 13;
  BandCurves curves = band_curves(p);
  test_bands(p, *open_dataset(store_samples(directory, "test", test), options), device(), {}, curves);
  ASSERT_EQ(curves.test_count, 90);
  ASSERT_EQ(curves.accuracy_top.size(), static_cast<std::size_t>(p.rank + 1));
  for (const std::int64_t k : {std::int64_t{0}, std::int64_t{1}, std::int64_t{7}, std::int64_t{31}, p.rank}) {
    const std::int64_t rest = p.rank - k;
    EXPECT_EQ(curves.accuracy_top[static_cast<std::size_t>(k)],
              static_cast<double>(
                  correct_by_least_squares(rows_of(train, 0, k), samples_, rows_of(seen, 0, k), test.labels)) /
                  90);
    EXPECT_EQ(curves.accuracy_bottom[static_cast<std::size_t>(k)],
              static_cast<double>(
                  correct_by_least_squares(rows_of(train, k, rest), samples_, rows_of(seen, k, rest), test.labels)) /
                  90);
  }
  EXPECT_EQ(curves.accuracy_top.front(), curves.accuracy_bottom.back());
}

TEST_P(Bands, ShareOfTheTargetsIsTheAlignment) {
  const PrincipalDirections p = principal();
  const BandCurves curves = band_curves(p);
  const ReferenceCurve reference = reference_curve(reference_data(samples_), Pretext{});
  for (std::size_t k = 0; k < reference.alignment.size(); ++k)
    EXPECT_NEAR(curves.alignment[k + 1], static_cast<double>(reference.alignment[k]), 1e-10);
  EXPECT_EQ(curves.alignment[0], 0);
  EXPECT_EQ(curves.variance.back(), 1);
}

INSTANTIATE_TEST_SUITE_P(Backends, Bands, ::testing::ValuesIn(backend_cases()), case_name);

TEST(BandCounting, TiesGoToTheFirstClass) {
  DenseF64 features(1, 3), targets(2, 1);
  features(0, 1) = 1;
  features(0, 2) = -1;
  targets(0, 0) = 1;
  BandCounts counts;
  const std::int32_t labels[] = {0, 0, 1};
  count_correct(features, targets, {0.5, 0.5}, labels, 2, counts);
  EXPECT_EQ(counts.top, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(counts.bottom, (std::vector<std::int64_t>{3, 2}));
  count_correct(features, targets, {0.5, 0.5}, labels, 1, counts);
  EXPECT_EQ(counts.samples, 6);
  EXPECT_EQ(counts.top, (std::vector<std::int64_t>{4, 6}));
}

TEST(BandErrors, TestSetsThatDoNotFit) {
  const Samples samples = random_pixels(shape, 60, 3, 1);
  const Device device({.name = "cpu"});
  const PrincipalDirections p = principal_directions(engine_moments(samples), device);
  const TemporaryDirectory directory;
  BandCurves curves = band_curves(p);
  const auto tested = [&](const Samples& test, ScalarType scalar = ScalarType::uint8) {
    test_bands(p, *open_dataset(store_samples(directory, "test", test, scalar)), device, {}, curves);
  };
  EXPECT_THAT(error_of(ErrorCode::usage,
                       [&] {
                         tested(random_pixels({3, 4, 6}, 30, 3, 1));
                       }),
              HasSubstr("3 x 4 x 6, but the directions are of 3 x 4 x 5"));
  EXPECT_THAT(error_of(ErrorCode::data, [&] { tested(random_pixels(shape, 30, 4, 1)); }), HasSubstr("expected 0 to 2"));
  Samples broken = random_pixels(shape, 30, 3, 1);
  broken.values(7, 2) = std::nan("");
  EXPECT_THAT(error_of(ErrorCode::usage, [&] { tested(broken, ScalarType::float64); }), HasSubstr("other units"));
  const PrincipalDirections floats = principal_directions(engine_moments(samples, ScalarType::float64), device);
  const std::string path = store_samples(directory, "floats", broken, ScalarType::float64);
  EXPECT_THAT(error_of(ErrorCode::data, [&] { test_bands(floats, *open_dataset(path), device, {}, curves); }),
              HasSubstr("sample 2, feature 7"));
}

TEST(BandGolden, CorrectPredictionsAtEveryK) {
  const auto path = golden_data("small.npz");
  if (!path) GTEST_SKIP() << "no small.npz on this machine";
  const Npz golden(*path);
  const Device device({.name = "cpu"});
  const PrincipalDirections p = principal_directions(engine_moments(golden_samples(golden)), device);
  Samples test = golden_samples(golden);
  const std::vector<std::uint8_t>& images = golden.bytes("test_images");
  test.values = DenseF64(test.dimension(), golden.at("test_images").shape.at(0));
  for (std::size_t i = 0; i < images.size(); ++i) test.values.data()[i] = images[i];
  test.labels.clear();
  for (const std::int64_t label : golden.integers("test_labels"))
    test.labels.push_back(static_cast<std::int32_t>(label));
  const TemporaryDirectory directory;
  BandCurves curves = band_curves(p);
  test_bands(p, *open_dataset(store_samples(directory, "test", test)), device, {}, curves);
  const std::vector<std::int64_t>& correct = golden.integers("reconstruct/probe_correct");
  ASSERT_EQ(correct.size() + 1, curves.accuracy_top.size());
  for (std::size_t k = 0; k < correct.size(); ++k)
    EXPECT_EQ(curves.accuracy_top[k + 1], static_cast<double>(correct[k]) / static_cast<double>(curves.test_count))
        << k;
}

}  // namespace
}  // namespace eigenlens::test
