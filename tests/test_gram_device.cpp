// SPDX-License-Identifier: Apache-2.0
// The Gram accumulator of every backend against the CPU's: bit for bit for bytes, whatever the batches.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "backend/cpu/gram_accumulator.hpp"
#include "support/backend_cases.hpp"
#include "support/tolerance.hpp"

namespace eigenlens::test {
namespace {

template <class Real>
constexpr ScalarType scalar_of = std::is_same_v<Real, std::uint8_t> ? ScalarType::uint8
                                 : std::is_same_v<Real, float>      ? ScalarType::float32
                                                                    : ScalarType::float64;

/// Samples and labels as a reader would hand them out.
template <class Real>
struct Stored {
  std::int64_t dimension, classes;
  std::vector<Real> values;
  std::vector<std::int32_t> labels;

  [[nodiscard]] std::int64_t count() const { return static_cast<std::int64_t>(labels.size()); }
  [[nodiscard]] DatasetInfo info() const {
    return {.name = "stored",
            .source = {},
            .format = {},
            .split = {},
            .scalar = scalar_of<Real>,
            .shape = {.channels = 1, .height = 1, .width = dimension},
            .count = count(),
            .classes = classes,
            .class_names = {}};
  }

  /// In batches of batches[0], batches[1], …, and so on from the front; each from memory that is overwritten
  /// afterwards.
  void add_to(GramAccumulator& gram, const std::vector<std::int64_t>& batches) const {
    std::vector<Real> room;
    std::vector<std::int32_t> label_room;
    std::size_t next = 0;
    for (std::int64_t n = 0; n < count();) {
      const std::int64_t some = std::min(batches[next++ % batches.size()], count() - n);
      room.assign(values.begin() + n * dimension, values.begin() + (n + some) * dimension);
      label_room.assign(labels.begin() + n, labels.begin() + n + some);
      gram.add({.scalar = scalar_of<Real>,
                .count = some,
                .dimension = dimension,
                .first = n,
                .values = room.data(),
                .labels = label_room.data()});
      std::fill(room.begin(), room.end(), Real{77});
      std::fill(label_room.begin(), label_room.end(), 0);
      n += some;
    }
  }
};

Stored<std::uint8_t> random_bytes(std::int64_t dimension, std::int64_t classes, std::int64_t count) {
  Stored<std::uint8_t> stored{dimension, classes, {}, {}};
  Draws draws(backend_seed + static_cast<std::uint64_t>(dimension * 1000 + classes));
  for (std::int64_t e = 0; e < count * dimension; ++e)
    stored.values.push_back(static_cast<std::uint8_t>(draws.below(256)));
  for (std::int64_t n = 0; n < count; ++n) stored.labels.push_back(static_cast<std::int32_t>(draws.below(classes)));
  return stored;
}

/// Values far from zero beside their spread, so that the shift matters.
template <class Real>
Stored<Real> random_reals(std::int64_t dimension, std::int64_t classes, std::int64_t count) {
  Stored<Real> stored{dimension, classes, {}, {}};
  Draws draws(backend_seed + static_cast<std::uint64_t>(dimension));
  for (std::int64_t e = 0; e < count * dimension; ++e)
    stored.values.push_back(static_cast<Real>(100 + draws.uniform() - 0.5));
  for (std::int64_t n = 0; n < count; ++n) stored.labels.push_back(static_cast<std::int32_t>(draws.below(classes)));
  return stored;
}

template <class Real>
Moments on_cpu(const Stored<Real>& stored, const std::vector<std::int64_t>& batches) {
  const auto gram = make_cpu_gram_accumulator(stored.info(), 1);
  stored.add_to(*gram, batches);
  Moments moments;
  gram->finish(moments);
  return moments;
}

class GramDevice : public BackendTest {
 protected:
  /// Twice, so that finish() is seen to leave nothing behind.
  void expect_equal_bits(const Stored<std::uint8_t>& stored, const std::vector<std::int64_t>& batches) const {
    const Moments truth = on_cpu(stored, {4096});
    const auto gram = backend().gram_accumulator(stored.info());
    for (int round = 0; round < 2; ++round) {
      stored.add_to(*gram, batches);
      Moments moments;
      gram->finish(moments);
      EXPECT_TRUE(moments == truth) << "D " << stored.dimension << ", C " << stored.classes << ", N " << stored.count()
                                    << ", batches of " << batches.front() << ", round " << round;
    }
  }

  template <class Real>
  void expect_close(const Stored<Real>& stored, const std::vector<std::int64_t>& batches) const {
    const Moments truth = on_cpu(stored, batches);
    const auto gram = backend().gram_accumulator(stored.info());
    for (int round = 0; round < 2; ++round) {
      stored.add_to(*gram, batches);
      Moments moments;
      gram->finish(moments);
      EXPECT_EQ(moments.arithmetic, Arithmetic::float64);
      EXPECT_EQ(moments.count, truth.count);
      EXPECT_EQ(moments.class_counts, truth.class_counts);
      EXPECT_EQ(moments.shift, truth.shift);
      const double size = largest_entry(truth.gram_f64);
      EXPECT_TRUE(within(difference(moments.gram_f64, truth.gram_f64), rounding_bound(stored.count(), size)));
      EXPECT_TRUE(moments.cross_f64 == truth.cross_f64) << "class sums are added in the order of the samples";
      EXPECT_EQ(moments.sum_f64, truth.sum_f64);
      for (std::int64_t j = 0; j < stored.dimension; ++j)
        for (std::int64_t i = 0; i < j; ++i) ASSERT_EQ(moments.gram_f64(i, j), moments.gram_f64(j, i));
    }
  }
};
INSTANTIATE_TEST_SUITE_P(Every, GramDevice, ::testing::ValuesIn(backend_cases()), case_name);

TEST_P(GramDevice, BytesOfEverySizeAreTheSameBits) {
  for (const std::int64_t dimension : {1, 3, 31, 33, 597})
    for (const std::int64_t classes : {2, 10, 1000}) expect_equal_bits(random_bytes(dimension, classes, 211), {50});
  expect_equal_bits(random_bytes(784, 10, 43), {43});
  expect_equal_bits(random_bytes(1100, 10, 67), {67});  // several panels of columns
}

TEST_P(GramDevice, BytesInBatchesOfEverySizeAreTheSameBits) {
  const auto stored = random_bytes(33, 10, 1023);
  for (const std::vector<std::int64_t>& batches :
       std::vector<std::vector<std::int64_t>>{{1}, {2}, {7}, {64}, {1000}, {1023}, {0, 1, 16, 0, 500}})
    expect_equal_bits(stored, batches);
}

/// Several slices of samples: pinned buffers are used again while copies of them are under way.
TEST_P(GramDevice, BytesOfManySlicesAreTheSameBits) { expect_equal_bits(random_bytes(3, 10, 100'000), {999, 40'000}); }

/// More samples than an int32 holds products of, at both ends of what a byte holds and in mixture.
TEST_P(GramDevice, SumsOfBytesBeyond32BitsAreTheSameBits) {
  Stored<std::uint8_t> stored{3, 2, {}, std::vector<std::int32_t>(140'000)};
  stored.values.assign(3 * 140'000, 0);
  expect_equal_bits(stored, {140'000});
  std::fill(stored.values.begin(), stored.values.end(), std::uint8_t{255});
  expect_equal_bits(stored, {140'000});
  for (std::size_t e = 0; e < stored.values.size(); ++e) stored.values[e] = e % 3 == 1 ? 255 : 0;
  expect_equal_bits(stored, {70'001});
}

TEST_P(GramDevice, NothingAddedIsNothing) {
  const Stored<std::uint8_t> nothing{5, 3, {}, {}};
  expect_equal_bits(nothing, {1});
  const auto gram = backend().gram_accumulator(nothing.info());
  gram->add(
      {.scalar = ScalarType::uint8, .count = 0, .dimension = 5, .first = 0, .values = nullptr, .labels = nullptr});
  Moments moments;
  gram->finish(moments);
  EXPECT_EQ(moments.count, 0);
  EXPECT_TRUE(moments.gram == DenseI64(5, 5));
}

TEST_P(GramDevice, AnAccumulatorMayGoWhileItWorks) {
  const auto stored = random_bytes(33, 10, 1023);
  const auto gram = backend().gram_accumulator(stored.info());
  stored.add_to(*gram, {100});
}

TEST_P(GramDevice, FloatsAreTheCpusWithinRounding) {
  for (const std::int64_t dimension : {1, 3, 31, 33, 130}) {
    expect_close(random_reals<float>(dimension, 10, 211), {50});
    expect_close(random_reals<double>(dimension, 2, 211), {1, 100});
  }
  expect_close(random_reals<double>(3, 1000, 70'000), {30'000});
}

}  // namespace
}  // namespace eigenlens::test
