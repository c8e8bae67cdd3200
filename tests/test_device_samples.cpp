// SPDX-License-Identifier: Apache-2.0
// Samples that are in CUDA memory already: the same moments as from the host, the same refusals; and none of it on the
// CPU.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "backend/transfer.hpp"
#include "eigenlens/error.hpp"
#include "eigenlens/moments.hpp"
#include "support/backend_cases.hpp"
#include "support/simulator_hooks.hpp"
#include "support/tolerance.hpp"

namespace eigenlens::test {
namespace {

constexpr std::int64_t dimension = 33, classes = 10;

template <class Value>
constexpr ScalarType scalar_of = std::is_same_v<Value, std::uint8_t> ? ScalarType::uint8
                                 : std::is_same_v<Value, float>      ? ScalarType::float32
                                                                     : ScalarType::float64;

template <class Value>
DatasetInfo info_of() {
  DatasetInfo info;
  info.name = "loader";
  info.scalar = scalar_of<Value>;
  info.shape = {1, 1, dimension};
  info.classes = classes;
  return info;
}

template <class Value>
struct Set {
  std::vector<Value> values;
  std::vector<std::int32_t> labels;

  [[nodiscard]] std::int64_t count() const { return static_cast<std::int64_t>(labels.size()); }
  [[nodiscard]] Batch batch(std::int64_t first, std::int64_t some) const {
    return {scalar_of<Value>, some, dimension, first, values.data() + first * dimension, labels.data() + first};
  }
};

template <class Value>
Set<Value> random_set(std::int64_t count) {
  Set<Value> set;
  Draws draws(backend_seed);
  for (std::int64_t e = 0; e < count * dimension; ++e) {
    const auto byte = static_cast<double>(draws.below(256));
    set.values.push_back(static_cast<Value>(std::is_same_v<Value, std::uint8_t> ? byte : 100 + byte / 256));
  }
  for (std::int64_t n = 0; n < count; ++n) set.labels.push_back(static_cast<std::int32_t>(draws.below(classes)));
  return set;
}

class DeviceSamples : public BackendTest {
 protected:
  /// A copy in the backend's memory, ready, which lives as long as this test.
  template <class Value>
  [[nodiscard]] const Value* lent(const std::vector<Value>& values) {
    const std::size_t bytes = values.size() * sizeof(Value);
    DenseF64 host(static_cast<std::int64_t>((bytes + 7) / 8), 1);
    std::memcpy(host.data(), values.data(), bytes);
    lent_.push_back(uploaded(backend(), host));
    backend().download(lent_.back(), host.data());
    return reinterpret_cast<const Value*>(lent_.back().data());
  }

  template <class Value>
  [[nodiscard]] Moments from_host(const Set<Value>& set, std::int64_t size) {
    MomentsAccumulator accumulator(device(), info_of<Value>());
    for (std::int64_t n = 0; n < set.count(); n += size) accumulator.add(set.batch(n, std::min(size, set.count() - n)));
    return accumulator.finish();
  }

  /// Every `each`-th batch comes from the device.
  template <class Value>
  [[nodiscard]] Moments from_device(const Set<Value>& set, std::int64_t size, std::int64_t each) {
    MomentsAccumulator accumulator(device(), info_of<Value>());
    const Value* values = lent(set.values);
    for (std::int64_t n = 0; n < set.count(); n += size) {
      Batch batch = set.batch(n, std::min(size, set.count() - n));
      if (n / size % each == 0) {
        batch.place = MemoryPlace::cuda;
        batch.values = values + n * dimension;
      }
      accumulator.add(batch);
    }
    return accumulator.finish();
  }

  template <class Value>
  void expect_refused(const Set<Value>& set, ErrorCode code, const std::vector<std::string>& words) {
    MomentsAccumulator accumulator(device(), info_of<Value>());
    const Set<Value> good = random_set<Value>(7);
    accumulator.add(good.batch(0, 7));
    Batch batch = set.batch(0, set.count());
    batch.first = 1000;
    batch.place = MemoryPlace::cuda;
    batch.values = lent(set.values);
    try {
      accumulator.add(batch);
      ADD_FAILURE() << "no error: " << words.front();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      for (const auto& word : words) EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << error.what();
    }
    EXPECT_TRUE(accumulator.finish() == from_host(good, 7)) << "the refused batch left a trace";
  }

  [[nodiscard]] bool on_cuda() const { return GetParam().device == "cuda"; }

 private:
  std::vector<Matrix> lent_;
};
INSTANTIATE_TEST_SUITE_P(Every, DeviceSamples, ::testing::ValuesIn(backend_cases()), case_name);

TEST_P(DeviceSamples, TheCpuSaysWhatToDo) {
  if (on_cuda()) GTEST_SKIP() << "of the CPU";
  expect_refused(random_set<std::uint8_t>(5), ErrorCode::usage, {"loader", "1000", "CUDA memory", "copy them"});
}

TEST_P(DeviceSamples, BytesGiveTheSameBitsAsFromTheHost) {
  if (!on_cuda()) GTEST_SKIP() << "of CUDA";
  const auto set = random_set<std::uint8_t>(1023);
  const Moments truth = from_host(set, 1023);
  for (const std::int64_t size : {1, 7, 64, 1023})
    for (const std::int64_t each : {1, 2, 3}) EXPECT_TRUE(from_device(set, size, each) == truth) << size << " " << each;
  const auto many = random_set<std::uint8_t>(70'000);  // several slices
  EXPECT_TRUE(from_device(many, 40'000, 1) == from_host(many, 70'000));
  EXPECT_TRUE(from_device(many, 9'999, 2) == from_host(many, 70'000));
}

TEST_P(DeviceSamples, FloatsGiveWhatTheHostGives) {
  if (!on_cuda()) GTEST_SKIP() << "of CUDA";
  const auto floats = random_set<float>(1023);
  EXPECT_TRUE(from_device(floats, 1023, 1) == from_host(floats, 1023)) << "one batch: the same shift and slices";
  const auto doubles = random_set<double>(40'000);
  const Moments found = from_device(doubles, 20'000, 2), truth = from_host(doubles, 20'000);
  EXPECT_EQ(found.shift, truth.shift);
  EXPECT_EQ(found.class_counts, truth.class_counts);
  const double bound = rounding_bound(doubles.count(), largest_entry(truth.gram_f64));
  EXPECT_TRUE(within(difference(found.gram_f64, truth.gram_f64), bound));
}

TEST_P(DeviceSamples, NamesTheRowOfWhatIsNotFinite) {
  if (!on_cuda()) GTEST_SKIP() << "of CUDA";
  auto floats = random_set<float>(200);
  floats.values[150 * dimension + 4] = std::numeric_limits<float>::quiet_NaN();
  floats.values[117 * dimension + 31] = -std::numeric_limits<float>::infinity();
  expect_refused(floats, ErrorCode::data, {"loader", "sample 1117", "feature 31", "-Inf"});
  auto doubles = random_set<double>(5000);
  doubles.values.back() = std::numeric_limits<double>::quiet_NaN();
  expect_refused(doubles, ErrorCode::data, {"sample 5999", "feature 32", "NaN"});
  auto bytes = random_set<std::uint8_t>(3);
  bytes.labels[1] = 77;
  expect_refused(bytes, ErrorCode::data, {"sample 1001", "label 77"});
}

TEST_P(DeviceSamples, HostMemoryInDisguiseIsRefused) {
  if (!on_cuda()) GTEST_SKIP() << "of CUDA";
  const auto set = random_set<std::uint8_t>(5);
  MomentsAccumulator accumulator(device(), info_of<std::uint8_t>());
  Batch batch = set.batch(0, 5);
  batch.place = MemoryPlace::cuda;
  EXPECT_THROW(accumulator.add(batch), Error);
  const auto floats = random_set<float>(5);
  MomentsAccumulator real(device(), info_of<float>());
  batch = floats.batch(0, 4);
  batch.place = MemoryPlace::cuda;
  batch.values = reinterpret_cast<const char*>(lent(floats.values)) + 2;
  EXPECT_THROW(real.add(batch), Error) << "no multiple of four bytes";
}

TEST_P(DeviceSamples, WaitsForTheStreamThatWroteThem) {
  if (GetParam().hardware != Hardware::simulated) GTEST_SKIP() << "of the simulated device, which knows its streams";
  const SimulatorHooks simulator;
  const auto set = random_set<std::uint8_t>(5);
  MomentsAccumulator accumulator(device(), info_of<std::uint8_t>());
  Batch batch = set.batch(0, 5);
  batch.place = MemoryPlace::cuda;
  batch.values = lent(set.values);
  batch.stream = 4096;
  EXPECT_THROW(accumulator.add(batch), Error) << "no such stream";
  EXPECT_NE(simulator.message().find("stream"), std::string::npos) << simulator.message();
}

TEST_P(DeviceSamples, ClassesGrowOnEveryBackendAlike) {
  auto bytes = random_set<std::uint8_t>(300);
  auto floats = random_set<float>(300);
  for (const std::size_t n : {120U, 250U}) bytes.labels[n] = floats.labels[n] = static_cast<std::int32_t>(n);
  const auto grown = [&](const auto& set, std::int64_t size, std::int64_t known) {
    auto info = info_of<std::decay_t<decltype(set.values[0])>>();
    info.classes = known;
    MomentsAccumulator accumulator(device(), info);
    for (std::int64_t n = 0; n < 300; n += size) accumulator.add(set.batch(n, std::min<std::int64_t>(size, 300 - n)));
    return accumulator.finish();
  };
  for (const std::int64_t size : {1, 50, 300}) {
    EXPECT_TRUE(grown(bytes, size, 0) == grown(bytes, size, 251));
    EXPECT_TRUE(grown(floats, size, 0) == grown(floats, size, 251));
  }
}

}  // namespace
}  // namespace eigenlens::test
