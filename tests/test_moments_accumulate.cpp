// SPDX-License-Identifier: Apache-2.0
// What the accumulator refuses, how it says so, and that a refused batch leaves no trace.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "eigenlens/device.hpp"
#include "eigenlens/error.hpp"
#include "eigenlens/jackknife.hpp"
#include "eigenlens/moments.hpp"

namespace eigenlens {
namespace {

Device cpu(int threads) { return Device({.name = "cpu", .threads = threads}); }

DatasetInfo image_info(ScalarType scalar) {
  DatasetInfo info;
  info.name = "fake";
  info.source = "/data/fake-images";
  info.scalar = scalar;
  info.shape = {2, 3, 4};
  info.count = 10;
  info.classes = 3;
  return info;
}

/// Ten samples of 2 × 3 × 4 with values n + i, in batches.
template <class Value>
class FakeDataset : public Dataset {
 public:
  FakeDataset(ScalarType scalar, std::int64_t batch, std::int64_t count = 10)
      : info_(image_info(scalar)), batch_(batch) {
    info_.count = count;
    for (std::int64_t n = 0; n < count; ++n) {
      labels.push_back(static_cast<std::int32_t>(n % 3));
      for (int i = 0; i < 24; ++i) values.push_back(static_cast<Value>(n + i));
    }
  }
  [[nodiscard]] const DatasetInfo& info() const override { return info_; }
  std::optional<Batch> next() override {
    if (at_ == info_.count) return std::nullopt;
    const Batch batch{info_.scalar,       std::min(batch_, info_.count - at_), 24, at_, values.data() + at_ * 24,
                      labels.data() + at_};
    at_ += batch.count;
    return batch;
  }
  std::vector<Value> values;
  std::vector<std::int32_t> labels;

 private:
  DatasetInfo info_;
  std::int64_t batch_;
  std::int64_t at_ = 0;
};

template <class Work>
void expect_error(ErrorCode code, const std::vector<std::string>& words, const Work& work) {
  try {
    work();
    ADD_FAILURE() << "no error: " << words.front();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    for (const auto& word : words) EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << error.what();
  }
}

TEST(AccumulateTest, ReadsEverySampleWhateverTheBatches) {
  FakeDataset<std::uint8_t> whole(ScalarType::uint8, 10);
  const Moments truth = accumulate(whole, cpu(1));
  EXPECT_EQ(truth.count, 10);
  EXPECT_EQ(truth.shape, (ImageShape{2, 3, 4}));
  EXPECT_EQ(truth.dataset, "fake");
  EXPECT_EQ(truth.class_counts, (std::vector<std::int64_t>{4, 3, 3}));
  EXPECT_EQ(truth.sum[1], 55);
  EXPECT_EQ(truth.gram(0, 1), 285 + 45);
  EXPECT_EQ(truth.cross(0, 2), 2 + 5 + 8);
  for (const int threads : {1, 2}) {
    FakeDataset<std::uint8_t> parts(ScalarType::uint8, 3);
    EXPECT_TRUE(accumulate(parts, cpu(threads)) == truth);
  }
}

TEST(AccumulateTest, ReportsProgressAndStopsWhenAsked) {
  FakeDataset<std::uint8_t> data(ScalarType::uint8, 4);
  std::vector<std::int64_t> done;
  (void)accumulate(data, cpu(1), [&](const ProgressEvent& event) {
    EXPECT_EQ(event.stage, "reading");
    EXPECT_EQ(event.unit, "images");
    EXPECT_EQ(event.total, 10);
    done.push_back(event.done);
    return true;
  });
  EXPECT_EQ(done, (std::vector<std::int64_t>{0, 4, 8, 10}));
  FakeDataset<std::uint8_t> again(ScalarType::uint8, 4);
  expect_error(ErrorCode::cancelled, {"after 8 samples"},
               [&] { (void)accumulate(again, cpu(1), [](const ProgressEvent& event) { return event.done < 8; }); });
}

TEST(AccumulateTest, AnEmptySetIsAnError) {
  FakeDataset<std::uint8_t> data(ScalarType::uint8, 4, 0);
  expect_error(ErrorCode::data, {"/data/fake-images", "no samples"}, [&] { (void)accumulate(data, cpu(1)); });
}

TEST(AccumulateTest, NamesALabelOutsideTheClasses) {
  for (const std::int32_t label : {3, -1}) {
    FakeDataset<std::uint8_t> data(ScalarType::uint8, 4);
    data.labels[6] = label;
    expect_error(ErrorCode::data, {"/data/fake-images", "sample 6", "label " + std::to_string(label), "0 to 2"},
                 [&] { (void)accumulate(data, cpu(1)); });
  }
}

template <class Real>
void check_not_finite(ScalarType scalar, Real value, const std::string& name) {
  FakeDataset<Real> data(scalar, 4);
  data.values[6 * 24 + 17] = value;  // channel 1, y 1, x 1
  data.values[7 * 24 + 3] = value;
  expect_error(ErrorCode::data, {"/data/fake-images", "sample 6", "feature 17", "channel 1, y 1, x 1", name},
               [&] { (void)accumulate(data, cpu(2)); });
}

TEST(AccumulateTest, NamesTheRowAndColumnOfWhatIsNotFinite) {
  check_not_finite(ScalarType::float32, std::numeric_limits<float>::quiet_NaN(), "NaN");
  check_not_finite(ScalarType::float32, std::numeric_limits<float>::infinity(), "+Inf");
  check_not_finite(ScalarType::float64, -std::numeric_limits<double>::infinity(), "-Inf");
}

TEST(AccumulateTest, SquaresBeyondFloat64AreAnError) {
  FakeDataset<double> data(ScalarType::float64, 10);
  data.values[5] = 1e200;
  expect_error(ErrorCode::data, {"overflow"}, [&] { (void)accumulate(data, cpu(1)); });
}

TEST(AccumulateTest, RefusesAnotherDimensionScalarOrNoLabels) {
  FakeDataset<std::uint8_t> data(ScalarType::uint8, 10);
  const Batch good = *data.next();
  MomentsAccumulator accumulator(cpu(1), data.info());
  Batch batch = good;
  batch.dimension = 23;
  expect_error(ErrorCode::data, {"23 features", "24"}, [&] { accumulator.add(batch); });
  batch = good;
  batch.scalar = ScalarType::float32;
  expect_error(ErrorCode::usage, {"float32", "uint8"}, [&] { accumulator.add(batch); });
  batch = good;
  batch.labels = nullptr;
  expect_error(ErrorCode::usage, {"labels"}, [&] { accumulator.add(batch); });
}

template <class Value>
void check_unchanged(ScalarType scalar) {
  FakeDataset<Value> data(scalar, 10);
  const Batch good = *data.next();
  MomentsAccumulator accumulator(cpu(2), data.info());
  accumulator.add(good);
  const Moments truth = accumulator.finish();
  std::vector<std::int32_t> labels = data.labels;
  labels[9] = 7;
  Batch bad = good;
  bad.labels = labels.data();
  accumulator.add(good);
  EXPECT_THROW(accumulator.add(bad), Error);
  EXPECT_TRUE(accumulator.finish() == truth);
}

TEST(AccumulateTest, ARefusedBatchLeavesNoTrace) {
  check_unchanged<std::uint8_t>(ScalarType::uint8);
  check_unchanged<float>(ScalarType::float32);
  check_unchanged<double>(ScalarType::float64);
}

/// The accumulator of ten samples in batches of `batch`, told nothing of classes or count.
template <class Value>
Moments with_unknown_classes(ScalarType scalar, const std::vector<std::int32_t>& labels, std::int64_t batch) {
  FakeDataset<Value> data(scalar, batch);
  data.labels = labels;
  DatasetInfo info = data.info();
  info.classes = info.count = 0;
  MomentsAccumulator accumulator(cpu(2), info);
  for (auto part = data.next(); part; part = data.next()) accumulator.add(*part);
  Moments moments = accumulator.finish();
  EXPECT_EQ(accumulator.finish().classes(), 1) << "nothing of the labels before is left";
  return moments;
}

template <class Value>
Moments with_known_classes(ScalarType scalar, const std::vector<std::int32_t>& labels, std::int64_t classes) {
  FakeDataset<Value> data(scalar, 10);
  data.labels = labels;
  DatasetInfo info = data.info();
  info.classes = classes;
  MomentsAccumulator accumulator(cpu(2), info);
  accumulator.add(*data.next());
  return accumulator.finish();
}

TEST(AccumulateTest, ClassesGrowWithTheLabels) {
  for (const std::vector<std::int32_t>& labels : std::vector<std::vector<std::int32_t>>{
           {0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, {0, 1, 2, 0, 15, 16, 3, 17, 40, 39}, {0, 0, 3, 0, 0, 0, 0, 0, 5000, 2}}) {
    const std::int64_t classes = *std::max_element(labels.begin(), labels.end()) + 1;
    const Moments truth = with_known_classes<std::uint8_t>(ScalarType::uint8, labels, classes);
    const Moments truth_f64 = with_known_classes<double>(ScalarType::float64, labels, classes);
    for (const std::int64_t batch : {1, 3, 10}) {
      EXPECT_TRUE(with_unknown_classes<std::uint8_t>(ScalarType::uint8, labels, batch) == truth);
      EXPECT_TRUE(with_unknown_classes<double>(ScalarType::float64, labels, batch) == truth_f64);
    }
  }
}

TEST(AccumulateTest, UnknownClassesHaveLimits) {
  FakeDataset<std::uint8_t> data(ScalarType::uint8, 10);
  const std::vector<std::int32_t> labels = data.labels;
  DatasetInfo info = data.info();
  info.classes = 0;
  const Batch batch = *data.next();
  MomentsAccumulator accumulator(cpu(1), info);
  accumulator.add(batch);
  data.labels[4] = -1;
  expect_error(ErrorCode::data, {"sample 4", "label -1"}, [&] { accumulator.add(batch); });
  data.labels[4] = 1 << 20;
  expect_error(ErrorCode::data, {"sample 4", "label 1048576", "0 to 1048575"}, [&] { accumulator.add(batch); });
  data.labels = labels;
  EXPECT_TRUE(accumulator.finish() == with_known_classes<std::uint8_t>(ScalarType::uint8, labels, 3));

  MomentsAccumulator poor(Device({.name = "cpu", .threads = 1, .memory = 1 << 20}), info);
  data.labels[7] = 1 << 19;
  expect_error(ErrorCode::memory, {"sample 7", "label 524288", "1.0 MiB"}, [&] { poor.add(batch); });
  data.labels[7] = 1000;  // 1001 fit, twice as many would not
  poor.add(batch);
  EXPECT_EQ(poor.finish().classes(), 1001);

  info.class_names = {"a", "b"};
  MomentsAccumulator named(cpu(1), info);
  data.labels = labels;
  expect_error(ErrorCode::data, {"sample 2", "label 2", "0 to 1"}, [&] { named.add(batch); });
}

TEST(AccumulateTest, CudaMemoryIsForAccumulatorsAlone) {
  class OnDevice final : public FakeDataset<std::uint8_t> {
   public:
    OnDevice() : FakeDataset(ScalarType::uint8, 10) {}
    std::optional<Batch> next() override {
      auto batch = FakeDataset::next();
      if (batch) batch->place = MemoryPlace::cuda;
      return batch;
    }
  };
  OnDevice data, sharded;
  expect_error(ErrorCode::usage, {"/data/fake-images", "CUDA memory", "on the CPU"},
               [&] { (void)accumulate(data, cpu(1)); });
  expect_error(ErrorCode::usage, {"CUDA memory", "copy them"}, [&] { (void)accumulate_shards(sharded, 2, cpu(1)); });
  const auto ahead = prefetch(std::make_unique<OnDevice>());
  expect_error(ErrorCode::usage, {"/data/fake-images", "CUDA memory"}, [&] { (void)ahead->next(); });
}

/// Small batches are gathered, large ones are not, and their order does not matter to exact sums.
TEST(AccumulateTest, SmallBatchesAreGatheredBetweenLargeOnes) {
  constexpr std::int64_t d = 5000, count = 2100;  // 10 MiB of bytes: the buffer is filled more than once
  DatasetInfo info = image_info(ScalarType::uint8);
  info.shape = {1, 1, d};
  std::vector<std::uint8_t> values(d * count);
  for (std::size_t e = 0; e < values.size(); ++e) values[e] = static_cast<std::uint8_t>(e * e % 251 + e % 5);
  std::vector<std::int32_t> labels;
  for (std::int32_t n = 0; n < count; ++n) labels.push_back(n % 3);
  const auto moments = [&](const std::vector<std::int64_t>& batches) {
    MomentsAccumulator accumulator(cpu(2), info);
    std::vector<std::uint8_t> room;  // is written over after every batch
    std::int64_t done = 0;
    for (std::size_t b = 0; done < count; ++b) {
      const std::int64_t some = std::min(batches[b % batches.size()], count - done);
      room.assign(values.begin() + done * d, values.begin() + (done + some) * d);
      accumulator.add({ScalarType::uint8, some, d, done, room.data(), labels.data() + done});
      std::fill(room.begin(), room.end(), std::uint8_t{99});
      done += some;
    }
    return accumulator.finish();
  };
  const Moments truth = moments({count});
  EXPECT_TRUE(moments({32}) == truth);
  EXPECT_TRUE(moments({7, 900, 0, 1}) == truth);
}

TEST(AccumulateTest, MomentsInBetweenMergeToTheSameBits) {
  FakeDataset<std::uint8_t> data(ScalarType::uint8, 4);
  FakeDataset<std::uint8_t> whole(ScalarType::uint8, 10);
  MomentsAccumulator accumulator(cpu(1), data.info());
  accumulator.add(*data.next());
  Moments seen = accumulator.finish();
  EXPECT_EQ(seen.count, 4);
  for (auto part = data.next(); part; part = data.next()) accumulator.add(*part);
  seen = merge(seen, accumulator.finish());
  EXPECT_TRUE(seen == accumulate(whole, cpu(1)));
}

}  // namespace
}  // namespace eigenlens
