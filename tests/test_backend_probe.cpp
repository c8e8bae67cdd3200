// SPDX-License-Identifier: Apache-2.0
// The verb probe_counts on every backend against plain loops.
#include <gtest/gtest.h>

#include <cmath>

#include "backend/single.hpp"
#include "backend/transfer.hpp"
#include "support/backend_cases.hpp"
#include "support/tolerance.hpp"

namespace eigenlens::test {
namespace {

class BackendProbe : public BackendTest {
 protected:
  ProbeSums counted(const DenseF64& f, const DenseF64& t, const std::vector<double>& prior,
                    const std::vector<std::int32_t>& labels) const {
    ProbeSums sums = zeros(t.rows());
    backend().probe_counts(single(uploaded(backend(), f)), single(uploaded(backend(), t)), prior, labels,
                           std::span(&sums, 1));
    return sums;
  }

  static ProbeSums zeros(std::int64_t features) {
    const auto n = static_cast<std::size_t>(features);
    return {std::vector<std::int64_t>(n), std::vector<std::int64_t>(n), std::vector<double>(n), std::vector<double>(n)};
  }
};
INSTANTIATE_TEST_SUITE_P(Every, BackendProbe, ::testing::ValuesIn(backend_cases()), case_name);

/// One sample and k at a time, in long double; a class counts as better if it is larger, or as large and lower.
ProbeSums naive_counts(const DenseF64& f, const DenseF64& t, const std::vector<double>& prior,
                       const std::vector<std::int32_t>& labels) {
  ProbeSums sums;
  for (std::int64_t k = 0; k < t.rows(); ++k) {
    std::int64_t top1 = 0, top5 = 0;
    long double error_sum = 0, square_sum = 0;
    for (std::size_t n = 0; n < labels.size(); ++n) {
      std::vector<long double> logits(prior.begin(), prior.end());
      for (std::int64_t c = 0; c < t.cols(); ++c)
        for (std::int64_t i = 0; i <= k; ++i)
          logits[static_cast<std::size_t>(c)] += static_cast<long double>(t(i, c)) * f(i, static_cast<std::int64_t>(n));
      const auto own = static_cast<std::size_t>(labels[n]);
      int better = 0;
      long double error = 0;
      for (std::size_t c = 0; c < logits.size(); ++c) {
        better += logits[c] > logits[own] || (logits[c] == logits[own] && c < own) ? 1 : 0;
        error += (logits[c] - (c == own ? 1 : 0)) * (logits[c] - (c == own ? 1 : 0));
      }
      top1 += better < 1 ? 1 : 0;
      top5 += better < 5 ? 1 : 0;
      error_sum += error;
      square_sum += error * error;
    }
    sums.top1.push_back(top1);
    sums.top5.push_back(top5);
    sums.squared_error.push_back(static_cast<double>(error_sum));
    sums.squared_error_squared.push_back(static_cast<double>(square_sum));
  }
  return sums;
}

std::vector<std::int32_t> random_labels(std::int64_t count, std::int64_t classes, Draws& draws) {
  std::vector<std::int32_t> labels;
  for (std::int64_t n = 0; n < count; ++n) labels.push_back(static_cast<std::int32_t>(draws.below(classes)));
  return labels;
}

void expect_equal(const ProbeSums& found, const ProbeSums& expected, std::int64_t terms) {
  EXPECT_EQ(found.top1, expected.top1);
  EXPECT_EQ(found.top5, expected.top5);
  const double largest = expected.squared_error_squared.back() + expected.squared_error.back();
  EXPECT_TRUE(within(largest_difference(found.squared_error, expected.squared_error), rounding_bound(terms, largest)));
  EXPECT_TRUE(within(largest_difference(found.squared_error_squared, expected.squared_error_squared),
                     rounding_bound(terms, largest)));
}

TEST_P(BackendProbe, AgreesWithPlainLoops) {
  Draws draws(backend_seed);
  struct Size {
    std::int64_t features, classes, samples;
  };
  for (const auto& [features, classes, samples] :
       {Size{1, 2, 1}, Size{7, 2, 3}, Size{31, 5, 8}, Size{33, 10, 65}, Size{64, 3, 129}, Size{65, 17, 70},
        Size{9, 129, 33}, Size{5, 300, 20}})
    for (std::size_t lanes = 1; lanes <= 3; ++lanes) {
      SCOPED_TRACE(::testing::Message() << features << " features, " << classes << " classes, " << samples
                                        << " samples, " << lanes << " lanes");
      std::vector<DenseF64> f, t;
      std::vector<ProbeSums> sums(lanes, zeros(features));
      const std::vector<double> prior = random_weights(classes, draws);
      const std::vector<std::int32_t> labels = random_labels(samples, classes, draws);
      for (std::size_t l = 0; l < lanes; ++l) {
        f.push_back(random_matrix(features, samples, draws));
        t.push_back(random_matrix(features, classes, draws));
      }
      backend().probe_counts(uploaded_lanes(f), uploaded_lanes(t), prior, labels, sums);
      for (std::size_t l = 0; l < lanes; ++l)
        expect_equal(sums[l], naive_counts(f[l], t[l], prior, labels), features + classes + samples);
    }
}

TEST_P(BackendProbe, AddsToWhatIsThereAndIgnoresFurtherColumns) {
  Draws draws(backend_seed);
  const DenseF64 t = random_matrix(12, 6, draws), f = random_matrix(12, 40, draws);
  const std::vector<double> prior = random_weights(6, draws);
  const std::vector<std::int32_t> labels = random_labels(30, 6, draws);
  const ProbeSums once = counted(f, t, prior, labels);
  ProbeSums twice = once;
  backend().probe_counts(single(uploaded(backend(), f)), single(uploaded(backend(), t)), prior, labels,
                         std::span(&twice, 1));
  for (std::size_t k = 0; k < 12; ++k) {
    EXPECT_EQ(twice.top1[k], 2 * once.top1[k]);
    EXPECT_EQ(twice.squared_error[k], 2 * once.squared_error[k]);
  }
  expect_equal(once, naive_counts(f, t, prior, labels), 60);
}

// Classes 1, 3 and 5 are the same to every feature: of a tie the lowest class is predicted.
TEST_P(BackendProbe, OfEqualLogitsTheLowerClassIsLarger) {
  Draws draws(backend_seed);
  DenseF64 t = random_matrix(20, 7, draws);
  for (std::int64_t k = 0; k < 20; ++k) t(k, 3) = t(k, 5) = t(k, 1);
  const std::vector<double> prior(7, 1.0 / 7);
  const DenseF64 f = random_matrix(20, 1, draws);
  const ProbeSums one = counted(f, t, prior, {1}), three = counted(f, t, prior, {3}), five = counted(f, t, prior, {5});
  for (std::size_t k = 0; k < 20; ++k) {
    EXPECT_EQ(three.top1[k], 0);
    EXPECT_EQ(five.top1[k], 0);
    EXPECT_GE(one.top5[k], three.top5[k]);
    EXPECT_GE(three.top5[k], five.top5[k]);
    EXPECT_TRUE(within(std::fabs(one.squared_error[k] - five.squared_error[k]), rounding_bound(27, 10)));
  }
  // No feature says anything: all logits are equal, class 0 is predicted, and 0 to 4 are the best five.
  const DenseF64 nothing(20, 1);
  for (std::int32_t label = 0; label < 7; ++label) {
    const ProbeSums sums = counted(nothing, t, prior, {label});
    EXPECT_EQ(sums.top1, std::vector<std::int64_t>(20, label == 0 ? 1 : 0));
    EXPECT_EQ(sums.top5, std::vector<std::int64_t>(20, label < 5 ? 1 : 0));
  }
}

TEST_P(BackendProbe, IsTheSameEveryTime) {
  Draws draws(backend_seed);
  const DenseF64 t = random_matrix(50, 10, draws), f = random_matrix(50, 300, draws);
  const std::vector<double> prior = random_weights(10, draws);
  const std::vector<std::int32_t> labels = random_labels(300, 10, draws);
  const ProbeSums first = counted(f, t, prior, labels), again = counted(f, t, prior, labels);
  EXPECT_EQ(first.squared_error, again.squared_error);
  EXPECT_EQ(first.squared_error_squared, again.squared_error_squared);
}

}  // namespace
}  // namespace eigenlens::test
