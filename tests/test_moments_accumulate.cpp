// SPDX-License-Identifier: Apache-2.0
// What the accumulator refuses, how it says so, and that a refused batch leaves no trace.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "eigenlens/device.hpp"
#include "eigenlens/error.hpp"
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

}  // namespace
}  // namespace eigenlens
