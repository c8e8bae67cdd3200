// SPDX-License-Identifier: Apache-2.0
/// \file
/// The curves of learning time against gradient descent on an explicit linear autoencoder.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "eigenlens/learning.hpp"
#include "support/backend_cases.hpp"
#include "support/dataset_files.hpp"
#include "support/reference.hpp"
#include "support/tolerance.hpp"
#include "sweep/learning_curves.hpp"

namespace eigenlens::test {
namespace {

using ::testing::HasSubstr;

TEST(LearningCurves, SolveTheirEquation) {
  const double initial = 1e-3, log_odds = std::log(1 / initial - 1);
  const LearningCurves curves({4, 2, 0.01}, initial);
  const double rates[] = {1, 0.5, 0.0025};
  for (std::int64_t k = 0; k < 3; ++k) {
    EXPECT_NEAR(curves.strength(k, 0), initial, 1e-15);
    EXPECT_NEAR(curves.strength(k, curves.half_time(k)), 0.5, 1e-12);
    for (const double t : {0.3, 1.0, 2.5}) {  // ds/dt = ln(1/a₀ − 1)·(λ/λ₁)·s·(1 − s)
      const double h = 1e-5, slope = (curves.strength(k, t + h) - curves.strength(k, t - h)) / (2 * h);
      const double s = curves.strength(k, t);
      EXPECT_NEAR(slope, log_odds * rates[k] * s * (1 - s), 1e-7);
    }
  }
}

TEST(LearningCurves, TimesAreWhereTheCurvesAre) {
  const LearningCurves curves({10, 3, 1, 1e-9}, 1e-4);
  for (const std::vector<double>& energy : {std::vector<double>{10, 3, 1, 1e-9}, {0, 0, 0, 2}, {0, 1, 0, 0}})
    for (const double share : {0.5, 0.9, 0.99, 0.999})
      EXPECT_NEAR(curves.learned(energy, curves.time_to_learn(energy, share)), share, 1e-9);
  EXPECT_EQ(curves.time_to_learn({0, 0, 0, 0}, 0.9), 0);
  EXPECT_EQ(curves.learned({0, 0, 0, 0}, 5), 0);
}

/// Vectors of six values with a spectrum of one decade, three classes.
Samples small_samples() {
  Draws draws(3);
  Samples samples{.shape = {1, 1, 6}, .classes = 3, .values = DenseF64(6, 60), .labels = {}};
  for (std::int64_t j = 0; j < 60; ++j) {
    samples.labels.push_back(static_cast<std::int32_t>(j % 3));
    for (std::int64_t i = 0; i < 6; ++i) {
      const double scale = std::pow(0.7, static_cast<double>(i));
      samples.values(i, j) = scale * (draws.uniform() - 0.5) + (i == 3 + j % 3 ? 0.15 : 0);
    }
  }
  return samples;
}

DenseF64 as_double(const RealMatrix& a) {
  DenseF64 b(a.rows(), a.cols());
  for (std::int64_t i = 0; i < a.size(); ++i) b.data()[i] = static_cast<double>(a.data()[i]);
  return b;
}

/// A ← A + factor·B
void add(DenseF64& a, double factor, const DenseF64& b) {
  for (std::int64_t i = 0; i < a.size(); ++i) a.data()[i] += factor * b.data()[i];
}

double energy(const DenseF64& a) { return frobenius(a) * frobenius(a); }

/// x ↦ W₂W₁x, trained by gradient descent on ½‖X − W₂W₁X‖², watched at given times.
struct Trained {
  std::vector<double> input, target;
};

Trained train(const Samples& samples, DenseF64 w1, DenseF64 w2, const LearningResult& curves, double initial) {
  const ReferenceData data = reference_data(samples);
  const DenseF64 x = as_double(data.x), g = as_double(data.gram), m = as_double(data.cross);
  const RealMatrix l = *cholesky(data.gram, 1e-18L);
  const DenseF64 probe = as_double(solve_lower_transposed(l, solve_lower(l, data.cross)));  // G⁻¹M
  const DenseF64 linear = naive_product('T', 'N', probe, x);
  const double step = 0.01 / curves.eigenvalues[0];
  const double steps_a_time = std::log(1 / initial - 1) / (2 * curves.eigenvalues[0] * step);
  Trained trained;
  std::int64_t done = 0;
  for (const double time : curves.time) {
    for (; static_cast<double>(done) < time * steps_a_time; ++done) {
      DenseF64 error = g;  // (I − W₂W₁)G
      add(error, -1, naive_product('N', 'N', w2, naive_product('N', 'N', w1, g)));
      const DenseF64 first = naive_product('T', 'N', w2, error), second = naive_product('N', 'T', error, w1);
      add(w1, step, first);
      add(w2, step, second);
    }
    const DenseF64 seen = naive_product('N', 'N', w2, naive_product('N', 'N', w1, x));
    DenseF64 left = x, wrong = linear;
    add(left, -1, seen);
    add(wrong, -1, naive_product('T', 'N', probe, seen));
    trained.input.push_back(1 - energy(left) / energy(x));
    trained.target.push_back(1 - energy(wrong) / energy(linear));
  }
  return trained;
}

DenseF64 normal_matrix(std::int64_t rows, std::int64_t cols, double deviation, std::uint64_t seed) {
  Draws draws(seed);
  DenseF64 a(rows, cols);
  for (std::int64_t i = 0; i < a.size(); ++i) {
    double sum = -6;  // Irwin–Hall: nearly normal
    for (int j = 0; j < 12; ++j) sum += draws.uniform();
    a.data()[i] = deviation * sum;
  }
  return a;
}

/// A few of the times, so that the watching is not what takes long.
LearningResult thinned(LearningResult result) {
  std::vector<double> time, input, target;
  for (std::size_t i = 0; i < result.time.size() && result.time[i] < 9; i += 6) {
    time.push_back(result.time[i]);
    input.push_back(result.input[i]);
    target.push_back(result.target[i]);
  }
  result.time = time;
  result.input = input;
  result.target = target;
  return result;
}

class Learning : public BackendTest {};

TEST_P(Learning, IsThatOfGradientDescentFromAlignedWeights) {
  const Samples samples = small_samples();
  const double initial = 1e-3;
  const LearningResult curves =
      thinned(learning(engine_moments(samples, ScalarType::float64), device(), {.initial = initial, .progress = {}}));
  DenseF64 w(6, 6);
  for (std::int64_t i = 0; i < 6; ++i) w(i, i) = std::sqrt(initial);
  const Trained trained = train(samples, w, w, curves, initial);
  ASSERT_GT(trained.input.back(), 0.9);
  EXPECT_LT(largest_difference(trained.input, curves.input), 0.01);
  EXPECT_LT(largest_difference(trained.target, curves.target), 0.01);
}

INSTANTIATE_TEST_SUITE_P(Backends, Learning, ::testing::ValuesIn(backend_cases()), case_name);

TEST(LearningFromRandomWeights, IsNearTheCurves) {
  const Samples samples = small_samples();
  const Moments moments = engine_moments(samples, ScalarType::float64);
  const double initial = 1e-3;
  const std::int64_t width = 30;
  // Balanced: W₂ = W₁ᵀ with W₁ᵀW₁ ≈ a₀I.
  const LearningResult curves =
      thinned(learning(moments, Device({.name = "cpu"}), {.initial = initial, .progress = {}}));
  const DenseF64 w1 = normal_matrix(width, 6, std::sqrt(initial / static_cast<double>(width)), 1);
  DenseF64 w2(6, width);
  for (std::int64_t i = 0; i < 6; ++i)
    for (std::int64_t k = 0; k < width; ++k) w2(i, k) = w1(k, i);
  const Trained balanced = train(samples, w1, w2, curves, initial);
  EXPECT_LT(largest_difference(balanced.input, curves.input), 0.05);
  EXPECT_LT(largest_difference(balanced.target, curves.target), 0.05);
  // Drawn apart: half of either grows, so that a₀/2 begins.
  const LearningResult halved =
      thinned(learning(moments, Device({.name = "cpu"}), {.initial = initial / 2, .progress = {}}));
  const Trained apart = train(samples, w1, normal_matrix(6, width, std::sqrt(initial / static_cast<double>(width)), 2),
                              halved, initial / 2);
  EXPECT_LT(largest_difference(apart.input, halved.input), 0.08);
  EXPECT_LT(largest_difference(apart.target, halved.target), 0.08);
}

TEST(LearningMilestones, AreWhatTheCurvesSay) {
  const Samples samples = random_pixels({3, 4, 5}, 200, 4, 7);
  const LearningResult r = learning(engine_moments(samples), Device({.name = "cpu"}));
  ASSERT_EQ(r.milestones.size(), 3U);
  double sum = 0, total = 0;
  for (const double value : r.eigenvalues) total += value;
  std::int64_t k = 0;
  while (sum < 0.9 * total) sum += r.eigenvalues[static_cast<std::size_t>(k++)];
  EXPECT_EQ(r.milestones[1].share, 0.9);
  EXPECT_EQ(r.milestones[1].input_k, k);
  double share = 0;
  for (const LearningClass& one : r.per_class) share += one.energy;
  EXPECT_NEAR(share, 1, 1e-12);
  EXPECT_EQ(r.per_class[2].name, "class 2");
  for (std::size_t i = 1; i < r.time.size(); ++i) {
    EXPECT_GT(r.time[i], r.time[i - 1]);
    EXPECT_GE(r.input[i], r.input[i - 1]);
    EXPECT_GE(r.target[i], r.target[i - 1]);
  }
  EXPECT_GT(std::min(r.input.back(), r.target.back()), 0.9989);
  // From ever smaller beginnings the ratio of the times becomes that of the eigenvalues.
  const LearningResult small =
      learning(engine_moments(samples), Device({.name = "cpu"}), {.initial = 1e-300, .progress = {}});
  EXPECT_NEAR(small.milestones[1].time_ratio() / small.milestones[1].eigenvalue_ratio, 1, 0.02);
}

TEST(LearningErrors, InitialStrengths) {
  const Moments moments = engine_moments(random_pixels({1, 3, 3}, 40, 2, 7));
  for (const double initial : {0.0, -1.0, 0.06, std::nan("")})
    EXPECT_THAT(error_of(ErrorCode::usage,
                         [&] { learning(moments, Device({.name = "cpu"}), {.initial = initial, .progress = {}}); }),
                HasSubstr("initial strength"));
}

}  // namespace
}  // namespace eigenlens::test
