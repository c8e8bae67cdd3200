// SPDX-License-Identifier: Apache-2.0
// The delete-one-shard jackknife against explicit data without each shard, and against the truth of a simulation.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <optional>

#include "eigenlens/error.hpp"
#include "eigenlens/jackknife.hpp"
#include "support/dataset_files.hpp"
#include "support/reference.hpp"
#include "support/tolerance.hpp"

namespace eigenlens::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr std::uint64_t seed = 14142135;

Device cpu() { return Device({.name = "cpu", .threads = 2}); }

Samples chosen(const Samples& all, const std::function<bool(std::int64_t)>& wanted) {
  Samples some = all;
  some.labels.clear();
  std::vector<std::int64_t> columns;
  for (std::int64_t n = 0; n < all.count(); ++n)
    if (wanted(n)) columns.push_back(n);
  some.values = DenseF64(all.dimension(), static_cast<std::int64_t>(columns.size()));
  for (std::size_t j = 0; j < columns.size(); ++j) {
    for (std::int64_t i = 0; i < all.dimension(); ++i)
      some.values(i, static_cast<std::int64_t>(j)) = all.values(i, columns[j]);
    some.labels.push_back(all.labels[static_cast<std::size_t>(columns[j])]);
  }
  return some;
}

/// Sample n belongs to shard first_of[s] ≤ n < first_of[s + 1].
std::vector<Moments> cut(const Samples& samples, const std::vector<std::int64_t>& first_of, ScalarType scalar) {
  std::vector<Moments> shards;
  for (std::size_t s = 0; s + 1 < first_of.size(); ++s)
    shards.push_back(engine_moments(
        chosen(samples, [&](std::int64_t n) { return n >= first_of[s] && n < first_of[s + 1]; }), scalar));
  return shards;
}

struct Case {
  std::vector<std::int64_t> first_of;
  ScalarType scalar;
};

class JackknifeOfShards : public ::testing::TestWithParam<Case> {};

/// The formulas of docs/math.md, on curves that the reference computes from explicit samples without each shard.
TEST_P(JackknifeOfShards, IsThatOfExplicitData) {
  const auto& [first_of, scalar] = GetParam();
  const Samples samples = random_pixels({1, 4, 5}, first_of.back(), 3, seed);
  const std::vector<Pretext> pretexts = {parse_pretext("mask:patch=2,ratio=0.6")[0], parse_pretext("reconstruct")[0]};
  const SweepResult result = jackknife(cut(samples, first_of, scalar), pretexts, cpu());
  const std::size_t shards = first_of.size() - 1;
  ASSERT_EQ(result.shards, static_cast<std::int64_t>(shards));
  std::vector<std::vector<std::vector<Real>>> without(shards);
  for (std::size_t s = 0; s < shards; ++s) {
    const ReferenceData data = reference_data(
        chosen(samples, [&, &ends = first_of](std::int64_t n) { return n < ends[s] || n >= ends[s + 1]; }));
    for (const Pretext& pretext : pretexts) without[s].push_back(reference_curve(data, pretext).alignment);
  }
  const auto error_of_values = [&, &ends = first_of](double all, const std::function<double(std::size_t)>& lacking) {
    std::vector<double> pseudo, h;
    double mean = 0, sum = 0;
    for (std::size_t s = 0; s < shards; ++s) {
      h.push_back(static_cast<double>(ends.back()) / static_cast<double>(ends[s + 1] - ends[s]));
      pseudo.push_back(h[s] * all - (h[s] - 1) * lacking(s));
      mean += pseudo[s] / h[s];
    }
    for (std::size_t s = 0; s < shards; ++s) sum += (pseudo[s] - mean) * (pseudo[s] - mean) / (h[s] - 1);
    return std::sqrt(sum / static_cast<double>(shards));
  };
  for (std::size_t c = 0; c < 2; ++c) {
    const Curve& curve = result.curves[c];
    ASSERT_EQ(curve.sampling.alignment_se.size(), curve.alignment.size());
    for (std::size_t k = 0; k < curve.alignment.size(); ++k) {
      const auto alone = [&](std::size_t s) { return static_cast<double>(without[s][c][k]); };
      const auto paired = [&](std::size_t s) { return static_cast<double>(without[s][c][k] - without[s][1][k]); };
      EXPECT_NEAR(curve.sampling.alignment_se[k], error_of_values(curve.alignment[k], alone), 1e-9) << k;
      EXPECT_NEAR(curve.sampling.gain[k], curve.alignment[k] - result.curves[1].alignment[k], 0) << k;
      EXPECT_NEAR(curve.sampling.gain_se[k], error_of_values(curve.sampling.gain[k], paired), 1e-9) << k;
      EXPECT_LE(0, curve.sampling.alignment_low[k]);
      EXPECT_LE(curve.sampling.alignment_low[k], curve.alignment[k] + 1e-15);
      EXPECT_LE(curve.alignment[k], curve.sampling.alignment_high[k] + 1e-15);
      EXPECT_LE(curve.sampling.alignment_high[k], 1);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Shards, JackknifeOfShards,
                         ::testing::Values(Case{{0, 40, 80, 120, 160, 200}, ScalarType::uint8},
                                           Case{{0, 40, 80, 120, 160, 200}, ScalarType::float32},
                                           Case{{0, 100, 200}, ScalarType::uint8},
                                           Case{{0, 90, 120, 200}, ScalarType::uint8},
                                           Case{{0, 90, 120, 200}, ScalarType::float64}));

TEST(Jackknife, OfEqualShardsIsTheTextbookFormula) {
  const Samples samples = random_pixels({1, 3, 3}, 120, 2, seed);
  const std::vector<std::int64_t> first_of = {0, 30, 60, 90, 120};
  const auto shards = cut(samples, first_of, ScalarType::uint8);
  const SweepResult result = jackknife(shards, {Pretext{}}, cpu());
  const Moments all = engine_moments(samples);
  for (std::size_t k = 0; k < 8; ++k) {
    std::vector<double> values;
    for (const Moments& shard : shards)
      values.push_back(sweep(subtract(all, shard), {Pretext{}}, cpu()).curves[0].alignment[k]);
    const double mean = std::accumulate(values.begin(), values.end(), 0.0) / 4;
    double sum = 0;
    for (const double value : values) sum += (value - mean) * (value - mean);
    EXPECT_NEAR(result.curves[0].sampling.alignment_se[k], std::sqrt(0.75 * sum), 1e-12);
    EXPECT_EQ(result.curves[0].sampling.gain_se[k], 0) << "no noise gains nothing over itself, always";
  }
  EXPECT_EQ(result.curves[0].alignment, sweep(all, {Pretext{}}, cpu()).curves[0].alignment);
}

TEST(Jackknife, WithoutReconstructHasNoGain) {
  const auto shards = cut(random_pixels({1, 3, 3}, 60, 2, seed), {0, 30, 60}, ScalarType::uint8);
  const SweepResult result = jackknife(shards, {parse_pretext("dropout:ratio=0.5")[0]}, cpu());
  EXPECT_EQ(result.curves[0].sampling.alignment_se.size(), 9U);
  EXPECT_TRUE(result.curves[0].sampling.gain.empty());
  EXPECT_TRUE(result.curves[0].sampling.gain_se.empty());
}

/// A pixel that one shard alone lights up: without that shard the rank is smaller, and so the intervals end earlier.
TEST(Jackknife, EndsAtTheSmallestRank) {
  for (const ScalarType scalar : {ScalarType::uint8, ScalarType::float64}) {
    Samples samples = random_pixels({1, 3, 4}, 90, 2, seed);
    for (std::int64_t n = 0; n < 90; ++n) samples.values(7, n) = n < 30 ? samples.values(7, n) : 0;
    const std::vector<Pretext> pretexts = {Pretext{}, parse_pretext("dropout:ratio=0.5")[0]};
    const SweepResult result = jackknife(cut(samples, {0, 30, 60, 90}, scalar), pretexts, cpu());
    for (const Curve& curve : result.curves) {
      EXPECT_EQ(curve.alignment.size(), 12U);
      EXPECT_EQ(curve.sampling.alignment_se.size(), 11U);
      EXPECT_EQ(curve.sampling.gain_se.size(), 11U);
    }
  }
}

TEST(Jackknife, ACurveThatEndsEarlyEndsItsOwnErrorsAlone) {
  const Samples samples = random_pixels({.channels = 1, .height = 4, .width = 4}, 90, 2, seed);
  const std::vector<Pretext> pretexts = {parse_pretext("reconstruct")[0], parse_pretext("centre:patch=1,size=2")[0]};
  const SweepResult result = jackknife(cut(samples, {0, 30, 60, 90}, ScalarType::uint8), pretexts, cpu());
  EXPECT_EQ(result.curves[0].sampling.alignment_se.size(), 16u);
  EXPECT_EQ(result.curves[1].sampling.alignment_se.size(), 12u) << "four pixels are never shown";
  EXPECT_EQ(result.curves[1].sampling.gain_se.size(), 12u);
}

TEST(Jackknife, ReportsTheWholeWork) {
  const auto shards = cut(random_pixels({1, 3, 3}, 60, 2, seed), {0, 20, 40, 60}, ScalarType::uint8);
  std::vector<std::int64_t> done;
  std::string last;
  SweepOptions options;
  options.progress = [&](const ProgressEvent& event) {
    done.push_back(event.done);
    EXPECT_EQ(event.total, 8);
    last = event.stage;
    return true;
  };
  (void)jackknife(shards, {Pretext{}, parse_pretext("dropout:ratio=0.5")[0]}, cpu(), options);
  EXPECT_TRUE(std::is_sorted(done.begin(), done.end()));
  EXPECT_EQ(done.back(), 8);
  EXPECT_THAT(last, HasSubstr("without shard 3: "));
}

// Is the interval as wide as it says?

/// Draws of one kind of image: two classes that differ in some directions.
Samples drawn(std::int64_t count, Draws& draws) {
  Samples samples;
  samples.shape = {1, 2, 3};
  samples.classes = 2;
  samples.values = DenseF64(6, count);
  for (std::int64_t n = 0; n < count; ++n) {
    const auto label = static_cast<std::int32_t>(draws.below(2));
    samples.labels.push_back(label);
    const double common = draws.uniform() + draws.uniform() - 1;
    for (std::int64_t i = 0; i < 6; ++i) {
      const auto at = static_cast<double>(i + 1);
      samples.values(i, n) = 90 * common / at + 60 * (draws.uniform() - 0.5) / (7 - at) + (label ? 6 * at : 0) +
                             40 * (draws.uniform() - 0.5);
    }
  }
  return samples;
}

TEST(Jackknife, NinetyFivePercentAreAboutNinetyFivePercent) {
  Draws draws(seed);
  const std::vector<Pretext> pretexts = {Pretext{}, parse_pretext("mask:patch=1,ratio=0.5")[0]};
  const SweepResult truth = sweep(engine_moments(drawn(400000, draws), ScalarType::float64, 4096), pretexts, cpu());
  constexpr int trials = 300;
  constexpr std::size_t k = 1;  // K = 2 of 6
  std::vector<std::int64_t> first_of;
  for (std::int64_t s = 0; s <= 10; ++s) first_of.push_back(60 * s);
  int alignment_covered = 0, gain_covered = 0;
  for (int trial = 0; trial < trials; ++trial) {
    const SweepResult result = jackknife(cut(drawn(600, draws), first_of, ScalarType::float64), pretexts, cpu());
    const JackknifeErrors& sampling = result.curves[1].sampling;
    const double align = truth.curves[1].alignment[k];
    alignment_covered += sampling.alignment_low[k] <= align && align <= sampling.alignment_high[k];
    const double gain = align - truth.curves[0].alignment[k];
    gain_covered += std::abs(gain - sampling.gain[k]) <= result.student * sampling.gain_se[k];
  }
  // 95 % of 300 trials: 285, with a standard deviation of 3.8.
  EXPECT_GE(alignment_covered, 270);
  EXPECT_LE(alignment_covered, 297);
  EXPECT_GE(gain_covered, 270);
  EXPECT_LE(gain_covered, 297);
}

TEST(Jackknife, QuantilesAreThoseOfTheTables) {
  EXPECT_NEAR(student_95(1), 12.706204736174694, 1e-9);
  EXPECT_NEAR(student_95(2), 4.302652729749464, 1e-9);
  EXPECT_NEAR(student_95(3), 3.182446305283708, 1e-9);
  EXPECT_NEAR(student_95(4), 2.7764451051977934, 1e-9);
  EXPECT_NEAR(student_95(9), 2.262157162798205, 1e-9);
  EXPECT_NEAR(student_95(99), 1.9842169515864174, 1e-9);
  EXPECT_THROW((void)student_95(0), Error);
}

// Dealing samples out.

/// Samples in memory as a data set of any scalar.
class MemorySet : public Dataset {
 public:
  MemorySet(const Samples& samples, ScalarType scalar, std::int64_t batch) : samples_(samples), batch_(batch) {
    info_ = {.name = "memory",
             .source = "memory",
             .format = "npy",
             .split = "",
             .scalar = scalar,
             .shape = samples.shape,
             .count = samples.count(),
             .classes = samples.classes,
             .class_names = {}};
    bytes_.assign(samples.values.data(), samples.values.data() + samples.values.size());
    reals_.assign(samples.values.data(), samples.values.data() + samples.values.size());
  }
  [[nodiscard]] const DatasetInfo& info() const override { return info_; }
  std::optional<Batch> next() override {
    if (at_ == samples_.count()) return std::nullopt;
    const std::int64_t count = std::min(batch_, samples_.count() - at_), d = samples_.dimension();
    const bool bytes = info_.scalar == ScalarType::uint8;
    const Batch batch{
        info_.scalar,
        count,
        d,
        at_,
        bytes ? static_cast<const void*>(bytes_.data() + at_ * d) : static_cast<const void*>(reals_.data() + at_ * d),
        samples_.labels.data() + at_};
    at_ += count;
    return batch;
  }

 private:
  const Samples& samples_;
  std::int64_t batch_;
  std::int64_t at_ = 0;
  DatasetInfo info_;
  std::vector<std::uint8_t> bytes_;
  std::vector<double> reals_;
};

std::vector<Moments> dealt(const Samples& samples, std::int64_t shards, std::int64_t batch,
                           ScalarType scalar = ScalarType::uint8) {
  MemorySet set(samples, scalar, batch);
  return accumulate_shards(set, shards, cpu());
}

TEST(Shards, AddUpToTheDataSetWhateverTheBatch) {
  const Samples samples = random_pixels({1, 4, 5}, 203, 4, seed);
  const std::vector<Moments> shards = dealt(samples, 5, 7), others = dealt(samples, 5, 64);
  ASSERT_EQ(shards.size(), 5U);
  Moments sum = shards[0];
  for (std::size_t s = 1; s < 5; ++s) sum = merge(sum, shards[s]);
  MemorySet set(samples, ScalarType::uint8, 50);
  EXPECT_EQ(sum, accumulate(set, cpu()));
  EXPECT_EQ(shards, others);
  for (const Moments& shard : shards) EXPECT_TRUE(shard.count == 40 || shard.count == 41) << shard.count;
}

TEST(Shards, AreRandomWithRespectToTheClasses) {
  const Samples mixed = random_pixels({1, 2, 2}, 1000, 5, seed);
  Samples sorted = mixed, cyclic = mixed;
  for (std::size_t n = 0; n < 1000; ++n) {
    sorted.labels[n] = static_cast<std::int32_t>(n / 200);
    cyclic.labels[n] = static_cast<std::int32_t>(n % 5);
  }
  for (const Samples* samples : {&sorted, &cyclic})
    for (const std::int64_t shards : {2, 5, 10})
      for (const Moments& shard : dealt(*samples, shards, 33))
        for (const std::int64_t count : shard.class_counts)
          EXPECT_NEAR(static_cast<double>(count), 200.0 / static_cast<double>(shards), 30);
}

/// Classes one after the other: a shard a class would be an error, and a jackknife of them far too wide.
TEST(Shards, OfSortedSamplesGiveTheErrorsOfMixedOnes) {
  Samples mixed = random_pixels({1, 3, 4}, 2000, 2, seed);
  Samples sorted = mixed;
  std::vector<std::int64_t> order(2000);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
    return mixed.labels[static_cast<std::size_t>(a)] < mixed.labels[static_cast<std::size_t>(b)];
  });
  for (std::int64_t n = 0; n < 2000; ++n) {
    sorted.labels[static_cast<std::size_t>(n)] =
        mixed.labels[static_cast<std::size_t>(order[static_cast<std::size_t>(n)])];
    for (std::int64_t i = 0; i < 12; ++i) sorted.values(i, n) = mixed.values(i, order[static_cast<std::size_t>(n)]);
  }
  const auto error_at = [&](const Samples& samples, std::size_t k) {
    return jackknife(dealt(samples, 40, 100), {Pretext{}}, cpu()).curves[0].sampling.alignment_se[k];
  };
  for (const std::size_t k : {1U, 4U}) {
    const double ratio = error_at(sorted, k) / error_at(mixed, k);
    EXPECT_GT(ratio, 0.6);
    EXPECT_LT(ratio, 1.7);
  }
}

TEST(Shards, OfFloatsNameTheSampleThatIsNotFinite) {
  Samples samples = random_pixels({1, 2, 2}, 50, 2, seed);
  samples.values(3, 37) = std::numeric_limits<double>::quiet_NaN();
  const std::string message = error_of(ErrorCode::data, [&] { dealt(samples, 4, 8, ScalarType::float64); });
  EXPECT_THAT(message, AllOf(HasSubstr("sample 37"), HasSubstr("NaN")));
}

// What cannot be a jackknife.

TEST(ShardErrors, AreSaid) {
  const Samples samples = random_pixels({1, 2, 3}, 60, 2, seed);
  std::vector<Moments> shards = cut(samples, {0, 20, 40, 60}, ScalarType::uint8);
  const auto refused = [](ErrorCode code, const std::vector<Moments>& wrong) {
    return error_of(code, [&] { (void)jackknife(wrong, {Pretext{}}, cpu()); });
  };
  EXPECT_THAT(refused(ErrorCode::usage, {shards[0]}), HasSubstr("2 to 100 sets of moments, not 1"));
  EXPECT_THAT(refused(ErrorCode::usage, std::vector<Moments>(101, shards[0])), HasSubstr("not 101"));
  EXPECT_THAT(refused(ErrorCode::usage, {shards[0], engine_moments(random_pixels({1, 3, 2}, 9, 2, seed))}),
              HasSubstr("shard 1 and shard 2 differ in shape"));
  EXPECT_THAT(refused(ErrorCode::usage, {shards[0], engine_moments(samples, ScalarType::float64)}),
              HasSubstr("differ in arithmetic"));
  Moments empty = subtract(shards[2], shards[2]);
  EXPECT_THAT(refused(ErrorCode::data, {shards[0], shards[1], empty}), HasSubstr("shard 3 has no samples"));
  std::vector<Moments> by_class;
  for (std::int32_t c = 0; c < 2; ++c)
    by_class.push_back(engine_moments(
        chosen(samples, [&](std::int64_t n) { return samples.labels[static_cast<std::size_t>(n)] == c; })));
  EXPECT_THAT(refused(ErrorCode::data, by_class), AllOf(HasSubstr("class 0"), HasSubstr("in shard 1")));
  EXPECT_THAT(error_of(ErrorCode::data,
                       [&] {
                         check_shards(by_class, {"a.safetensors", "b.safetensors"});
                       }),
              HasSubstr("in a.safetensors"));
}

TEST(ShardErrors, OfDealing) {
  const Samples samples = random_pixels({1, 2, 3}, 5, 2, seed);
  EXPECT_THAT(error_of(ErrorCode::data, [&] { dealt(samples, 6, 3); }),
              HasSubstr("5 samples cannot be dealt out to 6"));
  for (const std::int64_t wrong : {-1, 0, 1, 101})
    EXPECT_THAT(error_of(ErrorCode::usage, [&] { dealt(samples, wrong, 3); }), HasSubstr("expected 2 to 100"));
}

TEST(ShardPlans, CountEveryShard) {
  DatasetInfo info;
  info.shape = {1, 30, 30};
  info.count = 1000;
  info.classes = 10;
  const MemoryPlan two = plan_shards(info, 0, 2, cpu()), ten = plan_shards(info, 0, 10, cpu());
  EXPECT_GE(ten.bytes - two.bytes, 8 * 8 * 900 * 900);
  const MemoryPlan sweeps = plan_jackknife(info.shape, 10, 10, {Pretext{}}, SolveMode::standard, cpu());
  EXPECT_GE(sweeps.bytes - plan_sweep(info.shape, 10, {Pretext{}}, SolveMode::standard, cpu()).bytes,
            10 * 8 * 900 * 900);
}

}  // namespace
}  // namespace eigenlens::test
