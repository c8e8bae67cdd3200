// SPDX-License-Identifier: Apache-2.0
// Probes on a test set against golden counts, and against least squares and ridge regression solved anew at every K.
#include <gtest/gtest.h>

#include <cmath>

#include "eigenlens/error.hpp"
#include "eigenlens/probe.hpp"
#include "support/backend_cases.hpp"
#include "support/dataset_files.hpp"
#include "support/golden_data.hpp"
#include "support/memory_dataset.hpp"
#include "support/reference.hpp"
#include "support/tolerance.hpp"

namespace eigenlens::test {
namespace {

TestSet in_memory(const Samples& samples, ScalarType scalar = ScalarType::uint8, std::int64_t batch = 50) {
  return [=] { return std::make_unique<MemoryDataset>(samples, scalar, batch); };
}

/// Two draws of one distribution.
struct Split {
  Samples train;
  Samples test;
};

Split split_pixels(const ImageShape& shape, std::int64_t train, std::int64_t test, std::int64_t classes) {
  const Samples all = random_pixels(shape, train + test, classes, backend_seed);
  Split split{all, all};
  split.train.values = DenseF64(shape.size(), train);
  split.test.values = DenseF64(shape.size(), test);
  std::copy_n(all.values.data(), split.train.values.size(), split.train.values.data());
  std::copy_n(all.values.col(train), split.test.values.size(), split.test.values.data());
  split.train.labels.resize(static_cast<std::size_t>(train));
  split.test.labels.erase(split.test.labels.begin(), split.test.labels.begin() + train);
  return split;
}

/// Prediction by normal equations at one K, in long double: the leading K columns of the reference's V are the code.
struct ExplicitProbe {
  std::int64_t top1 = 0, top5 = 0;
  Real squared_error = 0, training_error = 0;
};

ExplicitProbe explicit_probe(const Split& split, const Pretext& pretext, std::int64_t k, Real ridge) {
  const ReferenceData data = reference_data(split.train);
  const ReferenceCurve curve = reference_curve(data, pretext);
  const std::int64_t d = data.x.rows(), n = data.x.cols(), classes = data.y.rows();
  RealMatrix v(d, k);
  std::copy_n(curve.vectors.data(), v.size(), v.data());
  const RealMatrix vt = transpose(v), vv = product(vt, v);
  RealMatrix a = product(vt, product(data.gram, v));
  for (std::int64_t i = 0; i < a.size(); ++i) a.data()[i] += ridge * static_cast<Real>(n) * vv.data()[i];
  const RealMatrix l = cholesky(a, 0).value();
  const RealMatrix w = product(v, solve_lower_transposed(l, solve_lower(l, product(vt, data.cross))));  // D × C
  ExplicitProbe probe;
  const RealMatrix fitted = product(transpose(w), data.x);
  for (std::int64_t i = 0; i < fitted.size(); ++i)
    probe.training_error += std::pow(fitted.data()[i] - data.y.data()[i], Real{2}) / static_cast<Real>(n);
  for (std::int64_t s = 0; s < split.test.count(); ++s) {
    RealMatrix x(d, 1);
    for (std::int64_t i = 0; i < d; ++i) {
      Real mean = 0;
      for (std::int64_t j = 0; j < n; ++j) mean += split.train.values(i, j) / static_cast<Real>(n);
      x(i, 0) = (split.test.values(i, s) - mean) / data.global_std;
    }
    const RealMatrix logits = product(transpose(w), x);
    const auto label = split.test.labels[static_cast<std::size_t>(s)];
    const auto logit = [&](std::int64_t c) {
      return logits(c, 0) + data.class_counts[static_cast<std::size_t>(c)] / static_cast<Real>(n);
    };
    int better = 0;
    for (std::int64_t c = 0; c < classes; ++c) {
      better += logit(c) > logit(label) || (logit(c) == logit(label) && c < label) ? 1 : 0;
      probe.squared_error += std::pow(logit(c) - (c == label ? 1 : 0), Real{2}) / static_cast<Real>(split.test.count());
    }
    probe.top1 += better < 1 ? 1 : 0;
    probe.top5 += better < 5 ? 1 : 0;
  }
  return probe;
}

class Probe : public BackendTest {
 protected:
  /// Every curve at ten K against explicit solutions.
  void compare(const Split& split, const std::vector<std::string>& specifications, double ridge) const {
    std::vector<Pretext> pretexts;
    for (const std::string& spec : specifications) pretexts.push_back(parse_pretext(spec)[0]);
    const Moments moments = engine_moments(split.train, ScalarType::uint8, 64);
    ProbeOptions options;
    options.ridge = ridge;
    const SweepResult result = probe(moments, pretexts, in_memory(split.test), device(), options);
    for (std::size_t p = 0; p < pretexts.size(); ++p) {
      const ProbeCurve& curve = *result.curves[p].probe;
      const std::int64_t rank = result.curves[p].checks.rank;
      ASSERT_EQ(curve.top1.size(), static_cast<std::size_t>(rank));
      ASSERT_EQ(curve.top5.empty(), split.train.classes <= 5);
      for (std::int64_t i = 1; i <= 10; ++i) {
        const std::int64_t k = std::max<std::int64_t>(1, rank * i / 10);
        SCOPED_TRACE(::testing::Message() << specifications[p] << ", ridge " << ridge << ", K = " << k);
        const ExplicitProbe expected = explicit_probe(split, pretexts[p], k, ridge);
        const auto at_k = static_cast<std::size_t>(k - 1);
        EXPECT_EQ(curve.top1[at_k], expected.top1);
        if (!curve.top5.empty()) {
          EXPECT_EQ(curve.top5[at_k], expected.top5);
        }
        EXPECT_NEAR(curve.squared_error[at_k], static_cast<double>(expected.squared_error), 1e-9);
        EXPECT_NEAR(curve.training_squared_error[at_k], static_cast<double>(expected.training_error), 1e-11);
      }
    }
  }
};
INSTANTIATE_TEST_SUITE_P(Every, Probe, ::testing::ValuesIn(backend_cases()), case_name);

const std::vector<std::string> some_pretexts = {"reconstruct", "mask:patch=2,ratio=0.75", "gaussian:sigma=0.5",
                                                "dropout:ratio=0.5"};

TEST_P(Probe, IsLeastSquaresSolvedAnewAtEveryK) {
  compare(split_pixels({.channels = 1, .height = 4, .width = 6}, 120, 40, 7), some_pretexts, 0);
}

TEST_P(Probe, IsRidgeRegressionSolvedAnewAtEveryK) {
  for (const double ridge : {1e-3, 0.1, 10.0})
    compare(split_pixels({.channels = 2, .height = 3, .width = 4}, 120, 40, 3), some_pretexts, ridge);
}

TEST_P(Probe, OfTwoClasses) {
  compare(split_pixels({.channels = 1, .height = 3, .width = 4}, 60, 25, 2), {"reconstruct"}, 0);
}

TEST_P(Probe, OfOneTestSample) {
  compare(split_pixels({.channels = 1, .height = 3, .width = 4}, 60, 1, 3), {"reconstruct"}, 0);
}

/// Counts that are equal, and training errors within 1e-9, for every pretext and K.
void compare_golden(const Npz& golden, const Moments& moments, const TestSet& test, const Device& device) {
  std::vector<Pretext> pretexts;
  for (const auto& [name, pretext] : golden_pretexts(golden)) pretexts.push_back(pretext);
  const SweepResult result = probe(moments, pretexts, test, device);
  std::size_t i = 0;
  for (const auto& [name, pretext] : golden_pretexts(golden)) {
    SCOPED_TRACE(name);
    const ProbeCurve& curve = *result.curves[i++].probe;
    EXPECT_EQ(curve.top1, golden.integers(name + "/probe_correct"));
    EXPECT_TRUE(
        within(largest_difference(curve.training_squared_error, golden.doubles(name + "/probe_squared_error")), 1e-9));
  }
}

TEST_P(Probe, SmallGoldenCounts) {
  const auto path = golden_data("small.npz");
  if (!path) GTEST_SKIP() << "no small.npz on this machine: set EIGENLENS_SHARED";
  const Npz golden(*path);
  Samples test = golden_samples(golden);
  const std::vector<std::uint8_t>& images = golden.bytes("test_images");
  test.values = DenseF64(test.shape.size(), golden.at("test_images").shape.at(0));
  for (std::size_t i = 0; i < images.size(); ++i) test.values.data()[i] = images[i];
  test.labels.clear();
  for (const auto label : golden.integers("test_labels")) test.labels.push_back(static_cast<std::int32_t>(label));
  compare_golden(golden, engine_moments(golden_samples(golden), ScalarType::uint8, 128), in_memory(test), device());
}

TEST(ProbeGolden, FashionMnist) {
  const std::filesystem::path images = "/usr/share/datasets/fashion-mnist";
  const auto path = golden_data("fashion_mnist.npz");
  if (!path) GTEST_SKIP() << "no fashion_mnist.npz on this machine: set EIGENLENS_SHARED";
  if (!std::filesystem::exists(images)) GTEST_SKIP() << "no Fashion-MNIST here: apt install dataset-fashion-mnist";
  const Device cpu({.name = "cpu"});
  const auto train = open_dataset(images.string());
  compare_golden(
      Npz(*path), accumulate(*train, cpu), [&] { return open_dataset(images.string(), {.split = "test"}); }, cpu);
}

class ProbeOnCpu : public ::testing::Test {
 protected:
  Split split_ = split_pixels({.channels = 1, .height = 5, .width = 5}, 200, 333, 8);
  std::vector<Pretext> pretexts_ = {parse_pretext("reconstruct")[0], parse_pretext("mask:patch=2,ratio=0.5")[0],
                                    parse_pretext("dropout:ratio=0.5")[0]};
  Moments moments_ = engine_moments(split_.train);
  Device device_ = Device({.name = "cpu", .threads = 2});

  SweepResult probed(const TestSet& test, const ProbeOptions& options = {}) const {
    return probe(moments_, pretexts_, test, device_, options);
  }
  void expect_same(const SweepResult& a, const SweepResult& b) const {
    for (std::size_t i = 0; i < pretexts_.size(); ++i) {
      EXPECT_EQ(a.curves[i].probe->top1, b.curves[i].probe->top1);
      EXPECT_EQ(a.curves[i].probe->top5, b.curves[i].probe->top5);
      EXPECT_EQ(a.curves[i].probe->squared_error, b.curves[i].probe->squared_error);
    }
  }
};

TEST_F(ProbeOnCpu, BatchesChangeNothing) {
  const SweepResult whole = probed(in_memory(split_.test, ScalarType::uint8, 1000));
  for (const std::int64_t batch : {1, 7, 64, 100})
    expect_same(probed(in_memory(split_.test, ScalarType::uint8, batch)), whole);
}

TEST_F(ProbeOnCpu, ThreadsChangeNoCount) {
  const SweepResult two = probed(in_memory(split_.test));
  for (const int threads : {1, 3}) {
    const SweepResult other =
        probe(moments_, pretexts_, in_memory(split_.test), Device({.name = "cpu", .threads = threads}));
    for (std::size_t i = 0; i < pretexts_.size(); ++i) {
      EXPECT_EQ(other.curves[i].probe->top1, two.curves[i].probe->top1);
      EXPECT_TRUE(
          within(largest_difference(other.curves[i].probe->squared_error, two.curves[i].probe->squared_error), 1e-11));
    }
  }
}

TEST_F(ProbeOnCpu, SeveralPassesGiveTheSame) {
  const SweepResult once = probed(in_memory(split_.test));
  EXPECT_EQ(once.probe->passes, 1);
  const auto plan = [&](std::int64_t memory) {
    return plan_sweep(moments_.shape, 8, pretexts_, SolveMode::standard,
                      Device({.name = "cpu", .threads = 1, .memory = memory}), Outcome::probe);
  };
  const std::int64_t all = plan(std::int64_t{1} << 40).bytes;
  EXPECT_EQ(plan(all).kept, 3);
  EXPECT_EQ(plan(all - 1).kept, 2);
  EXPECT_NE(plan(all - 1).text.find("2 passes over the test set"), std::string::npos) << plan(all - 1).text;
  int opened = 0;
  const TestSet counting = [&] {
    ++opened;
    return in_memory(split_.test)();
  };
  const SweepResult twice =
      probe(moments_, pretexts_, counting, Device({.name = "cpu", .threads = 1, .memory = all - 1}));
  EXPECT_EQ(twice.probe->passes, 2);
  EXPECT_EQ(opened, 2);
  for (std::size_t i = 0; i < pretexts_.size(); ++i) EXPECT_EQ(twice.curves[i].probe->top1, once.curves[i].probe->top1);
}

TEST_F(ProbeOnCpu, FloatsAgreeWithBytes) {
  const SweepResult bytes = probed(in_memory(split_.test));
  const Moments floats = engine_moments(split_.train, ScalarType::float32);
  const SweepResult other = probe(floats, pretexts_, in_memory(split_.test, ScalarType::float64), device_);
  for (std::size_t i = 0; i < pretexts_.size(); ++i)
    EXPECT_EQ(other.curves[i].probe->top1, bytes.curves[i].probe->top1);
}

TEST_F(ProbeOnCpu, CurvesAreThoseOfASweep) {
  const SweepResult with = probed(in_memory(split_.test)), without = sweep(moments_, pretexts_, device_);
  EXPECT_EQ(with.probe->count, 333);
  EXPECT_EQ(with.probe->dataset, "explicit samples");
  for (std::size_t i = 0; i < pretexts_.size(); ++i)
    EXPECT_TRUE(within(largest_difference(with.curves[i].alignment, without.curves[i].alignment), 1e-12));
}

// Pixels that never change in training say nothing, whatever they are in the test set.
TEST_F(ProbeOnCpu, ConstantPixelsCountForNothing) {
  for (std::int64_t n = 0; n < split_.train.count(); ++n) split_.train.values(7, n) = split_.train.values(11, n) = 3;
  moments_ = engine_moments(split_.train);
  const SweepResult before = probed(in_memory(split_.test));
  EXPECT_EQ(before.constant_pixels, 2);
  for (std::int64_t n = 0; n < split_.test.count(); ++n) split_.test.values(7, n) = static_cast<double>(n % 256);
  expect_same(probed(in_memory(split_.test)), before);
}

TEST_F(ProbeOnCpu, AStrongRidgePredictsTheLargestClass) {
  ProbeOptions options;
  options.ridge = 1e12;
  const SweepResult result = probed(in_memory(split_.test), options);
  const auto zeros = std::count(split_.test.labels.begin(), split_.test.labels.end(), 0);
  for (const Curve& curve : result.curves)
    for (const std::int64_t correct : curve.probe->top1) EXPECT_EQ(correct, zeros);
}

TEST_F(ProbeOnCpu, RefusesWhatIsNotTheSameKindOfData) {
  Samples wide = split_.test;
  wide.shape = {.channels = 25, .height = 1, .width = 1};
  EXPECT_NE(error_of(ErrorCode::data, [&] { probed(in_memory(wide)); }).find("25 x 1 x 1"), std::string::npos);
  EXPECT_NE(error_of(ErrorCode::usage, [&] { probed(in_memory(split_.test, ScalarType::float32)); }).find("float32"),
            std::string::npos);
  Samples foreign = split_.test;
  foreign.labels[200] = 8;
  EXPECT_NE(
      error_of(ErrorCode::data, [&] { probed(in_memory(foreign)); }).find("sample 200 has label 8; expected 0 to 7"),
      std::string::npos);
  Samples none = split_.test;
  none.values = DenseF64(25, 0);
  none.labels.clear();
  EXPECT_NE(error_of(ErrorCode::data, [&] { probed(in_memory(none)); }).find("no samples"), std::string::npos);
  moments_.class_names = {"a", "b", "c", "d", "e", "f", "g", "h"};
  const std::string message = error_of(ErrorCode::data, [&] {
    probed([&] {
      auto set = std::make_unique<MemoryDataset>(split_.test, ScalarType::uint8, 50);
      set->change_info().class_names = {"a", "b", "d"};
      return set;
    });
  });
  EXPECT_NE(message.find("class 2 is 'd' in the test set and 'c'"), std::string::npos) << message;
}

TEST_F(ProbeOnCpu, RefusesNaNAndRidgesThatAreNone) {
  moments_ = engine_moments(split_.train, ScalarType::float64);
  split_.test.values(3, 17) = std::nan("");
  EXPECT_NE(error_of(ErrorCode::data, [&] { probed(in_memory(split_.test, ScalarType::float64)); }).find("sample 17"),
            std::string::npos);
  for (const double ridge : {-1.0, std::nan(""), static_cast<double>(INFINITY)}) {
    ProbeOptions options;
    options.ridge = ridge;
    error_of(ErrorCode::usage, [&] { probed(in_memory(split_.test), options); });
  }
}

TEST_F(ProbeOnCpu, CanBeCancelledInTheTestSet) {
  ProbeOptions options;
  options.sweep.progress = [](const ProgressEvent& event) { return event.stage != "test set"; };
  EXPECT_NE(error_of(ErrorCode::cancelled, [&] { probed(in_memory(split_.test), options); }).find("cancelled"),
            std::string::npos);
}

TEST(AccuracyInterval, IsWilsons) {
  const ConfidenceInterval some = accuracy_interval(81, 263);  // Newcombe (1998): 0.2553 to 0.3662
  EXPECT_NEAR(some.low, 0.2553, 5e-5);
  EXPECT_NEAR(some.high, 0.3662, 5e-5);
  EXPECT_EQ(accuracy_interval(0, 20).low, 0);
  EXPECT_NEAR(accuracy_interval(0, 20).high, 0.1611, 5e-5);
  EXPECT_EQ(accuracy_interval(29, 29).high, 1);
  EXPECT_NEAR(accuracy_interval(1, 29).low, 0.0061, 5e-5);
  EXPECT_NEAR(accuracy_interval(1, 29).high, 0.1718, 5e-5);
}

TEST(AccuracyInterval, SmallestSufficientK) {
  EXPECT_EQ(smallest_sufficient_k({10, 50, 80, 81, 79}, 100), 3);
  EXPECT_EQ(smallest_sufficient_k({0, 0}, 100), 1);
  EXPECT_EQ(smallest_sufficient_k({5000, 9000, 9100, 9300}, 10000), 4);
}

}  // namespace
}  // namespace eigenlens::test
