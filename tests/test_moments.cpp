// SPDX-License-Identifier: Apache-2.0
// The CPU's sums as moments, and the arithmetic of moments: merge and subtract.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <vector>

#include "backend/cpu/gram_accumulator.hpp"
#include "eigenlens/error.hpp"
#include "eigenlens/moments.hpp"
#include "support/tolerance.hpp"

namespace eigenlens {
namespace {

constexpr std::int64_t dimension = 37;
constexpr std::int64_t classes = 4;

template <class Value>
struct Samples {
  std::vector<Value> x;
  std::vector<std::int32_t> labels;
  [[nodiscard]] std::int64_t count() const { return static_cast<std::int64_t>(labels.size()); }
};

DatasetInfo info_of(ScalarType scalar) {
  DatasetInfo info;
  info.name = "made up";
  info.scalar = scalar;
  info.shape = {1, 1, dimension};
  info.classes = classes;
  return info;
}

Samples<std::uint8_t> bytes(std::int64_t count) {
  std::mt19937_64 random(7);
  Samples<std::uint8_t> s;
  for (std::int64_t n = 0; n < count; ++n) {
    s.labels.push_back(static_cast<std::int32_t>(random() % classes));
    for (std::int64_t i = 0; i < dimension; ++i) s.x.push_back(static_cast<std::uint8_t>(random() >> 56U));
  }
  return s;
}

template <class Real>
Samples<Real> normals(std::int64_t count, double mean, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal(mean, 1);
  Samples<Real> s;
  for (std::int64_t n = 0; n < count; ++n) {
    s.labels.push_back(static_cast<std::int32_t>(random() % classes));
    for (std::int64_t i = 0; i < dimension; ++i) s.x.push_back(static_cast<Real>(normal(random)));
  }
  return s;
}

template <class Value>
Moments moments_of(const Samples<Value>& s, ScalarType scalar, std::int64_t first, std::int64_t last, std::int64_t size,
                   int threads) {
  const auto accumulator = make_cpu_gram_accumulator(info_of(scalar), threads);
  for (std::int64_t n = first; n < last; n += size)
    accumulator->add({scalar, std::min(size, last - n), dimension, n, s.x.data() + n * dimension, s.labels.data() + n});
  Moments m;
  m.shape = {1, 1, dimension};
  m.dataset = "made up";
  accumulator->finish(m);
  return m;
}

Moments exact(const Samples<std::uint8_t>& s, std::int64_t first, std::int64_t last, std::int64_t size, int threads) {
  return moments_of(s, ScalarType::uint8, first, last, size, threads);
}

TEST(MomentsTest, ExactHaveTheSameBitsForEveryBatchThreadsAndOrder) {
  const auto s = bytes(2500);
  const Moments whole = exact(s, 0, 2500, 2500, 1);
  EXPECT_EQ(whole.count, 2500);
  EXPECT_EQ(std::accumulate(whole.class_counts.begin(), whole.class_counts.end(), std::int64_t{0}), 2500);
  for (const std::int64_t size : {1, 7, 1000})
    for (const int threads : {1, 2}) EXPECT_TRUE(exact(s, 0, 2500, size, threads) == whole) << size;
  std::vector<std::int64_t> order(2500);
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), std::mt19937_64(8));
  Samples<std::uint8_t> shuffled;
  for (const std::int64_t n : order) {
    shuffled.labels.push_back(s.labels[static_cast<std::size_t>(n)]);
    shuffled.x.insert(shuffled.x.end(), s.x.begin() + n * dimension, s.x.begin() + (n + 1) * dimension);
  }
  EXPECT_TRUE(exact(shuffled, 0, 2500, 300, 2) == whole);
}

TEST(MomentsTest, ExactSplitsMergeInEveryOrderAndSubtract) {
  const auto s = bytes(1200);
  const Moments whole = exact(s, 0, 1200, 1200, 1);
  const std::vector<Moments> parts = {exact(s, 0, 1, 1, 1), exact(s, 1, 700, 64, 2), exact(s, 700, 1200, 500, 1)};
  std::vector<std::size_t> order = {0, 1, 2};
  do {
    const Moments left = merge(merge(parts[order[0]], parts[order[1]]), parts[order[2]]);
    const Moments right = merge(parts[order[0]], merge(parts[order[1]], parts[order[2]]));
    EXPECT_TRUE(left == whole);
    EXPECT_TRUE(right == whole);
    EXPECT_TRUE(subtract(left, parts[order[2]]) == merge(parts[order[0]], parts[order[1]]));
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(MomentsTest, FinishLeavesTheAccumulatorEmpty) {
  const auto s = bytes(10);
  const auto accumulator = make_cpu_gram_accumulator(info_of(ScalarType::uint8), 2);
  const Batch batch{ScalarType::uint8, 10, dimension, 0, s.x.data(), s.labels.data()};
  Moments first, empty, second;
  accumulator->add(batch);
  accumulator->finish(first);
  accumulator->finish(empty);
  accumulator->add(batch);
  accumulator->finish(second);
  EXPECT_TRUE(first == second);
  EXPECT_EQ(empty.count, 0);
  EXPECT_EQ(*std::max_element(empty.gram.data(), empty.gram.data() + empty.gram.size()), 0);
}

/// Σ(x − s)(x − s)ᵀ, Σ(x − s), Σ(x − s)yᵀ of the moments' own shift, in long double; errors as multiples of the bound.
template <class Real>
void check_float(const Samples<Real>& s, const Moments& m) {
  ASSERT_EQ(m.arithmetic, Arithmetic::float64);
  ASSERT_EQ(m.count, s.count());
  const auto value = [&](std::int64_t n, std::int64_t i) {
    return static_cast<long double>(s.x[static_cast<std::size_t>(n * dimension + i)]) -
           static_cast<long double>(m.shift[static_cast<std::size_t>(i)]);
  };
  for (std::int64_t j = 0; j < dimension; ++j) {
    long double sum = 0;
    std::vector<long double> cross(classes);
    for (std::int64_t n = 0; n < s.count(); ++n) {
      sum += value(n, j);
      cross[static_cast<std::size_t>(s.labels[static_cast<std::size_t>(n)])] += value(n, j);
    }
    // |x − s| < 8 of unit deviation
    const double bound = test::rounding_bound(s.count(), 8);
    EXPECT_TRUE(test::within(std::abs(m.sum_f64[static_cast<std::size_t>(j)] - static_cast<double>(sum)), bound));
    for (std::int64_t c = 0; c < classes; ++c)
      EXPECT_TRUE(
          test::within(std::abs(m.cross_f64(j, c) - static_cast<double>(cross[static_cast<std::size_t>(c)])), bound));
    for (std::int64_t i = 0; i < dimension; ++i) {
      long double gram = 0;
      for (std::int64_t n = 0; n < s.count(); ++n) gram += value(n, i) * value(n, j);
      EXPECT_TRUE(
          test::within(std::abs(m.gram_f64(i, j) - static_cast<double>(gram)), test::rounding_bound(s.count(), 8)));
      EXPECT_EQ(m.gram_f64(i, j), m.gram_f64(j, i));
    }
  }
}

TEST(MomentsTest, FloatsEqualLongDoubleSums) {
  const auto s32 = normals<float>(600, 0.5, 1);
  check_float(s32, moments_of(s32, ScalarType::float32, 0, 600, 600, 1));
  check_float(s32, moments_of(s32, ScalarType::float32, 0, 600, 77, 2));
  const auto s64 = normals<double>(600, -3, 2);
  check_float(s64, moments_of(s64, ScalarType::float64, 0, 600, 1, 2));
}

/// Without the shift Σx² = N·10¹² and a variance of 1 would keep 4 digits.
TEST(MomentsTest, LargeOffsetsKeepTheirDigits) {
  const auto s = normals<double>(2000, 1e6, 3);
  const Moments m = moments_of(s, ScalarType::float64, 0, 2000, 500, 2);
  check_float(s, m);
  for (std::int64_t i = 0; i < dimension; ++i)
    EXPECT_NEAR(m.shift[static_cast<std::size_t>(i)], 1e6, 1);  // the mean of 500 samples of deviation 1
}

TEST(MomentsTest, FloatsRepeatTheirBits) {
  const auto s = normals<float>(900, 10, 4);
  EXPECT_TRUE(moments_of(s, ScalarType::float32, 0, 900, 100, 2) == moments_of(s, ScalarType::float32, 0, 900, 100, 2));
}

TEST(MomentsTest, FloatsMergeAcrossShiftsAndSubtract) {
  const auto s = normals<double>(1000, 1e3, 5);
  const Moments a = moments_of(s, ScalarType::float64, 0, 400, 100, 1);
  const Moments b = moments_of(s, ScalarType::float64, 400, 1000, 100, 1);
  ASSERT_FALSE(a.shift == b.shift);
  const Moments both = merge(a, b);
  EXPECT_EQ(both.shift, a.shift);
  check_float(s, both);
  const Moments back = subtract(both, b);
  EXPECT_EQ(back.class_counts, a.class_counts);
  for (std::int64_t k = 0; k < a.gram_f64.size(); ++k)
    EXPECT_TRUE(test::within(std::abs(back.gram_f64.data()[k] - a.gram_f64.data()[k]), test::rounding_bound(1000, 8)));
}

TEST(MomentsTest, MergingWithNothingKeepsTheShift) {
  const auto s = normals<double>(300, 1e6, 6);
  const Moments a = moments_of(s, ScalarType::float64, 0, 300, 300, 1);
  const Moments nothing = moments_of(s, ScalarType::float64, 0, 0, 1, 1);
  EXPECT_TRUE(merge(nothing, a) == a);
  EXPECT_TRUE(merge(a, nothing) == a);
}

TEST(MomentsTest, MissingClassesAreEmptyAndNamesFollow) {
  const auto s = bytes(50);
  Moments a = exact(s, 0, 30, 30, 1);
  Moments b = exact(s, 30, 50, 20, 1);
  a.class_names = {"cat", "dog", "hen", "owl"};
  EXPECT_EQ(merge(a, b).class_names, a.class_names);
  EXPECT_EQ(merge(b, a).class_names, a.class_names);
  b.class_names = {"cat", "dog", "hen", "emu"};
  EXPECT_TRUE(merge(a, b).class_names.empty());
  Moments few = exact(s, 0, 0, 1, 1);
  few.class_counts.resize(2);
  few.cross = DenseI64(dimension, 2);
  few.class_names = {"cat", "dog"};
  few.count = 1;
  few.class_counts[1] = 1;
  few.cross(3, 1) = 9;
  const Moments wide = merge(few, a);
  EXPECT_EQ(wide.classes(), classes);
  EXPECT_EQ(wide.cross(3, 1), a.cross(3, 1) + 9);
  EXPECT_EQ(wide.cross(3, 3), a.cross(3, 3));
  EXPECT_EQ(wide.class_names, a.class_names);
  EXPECT_EQ(merge(a, few).cross(3, 1), a.cross(3, 1) + 9);
}

TEST(MomentsTest, DatasetNamesAreJoined) {
  const auto s = bytes(4);
  Moments a = exact(s, 0, 2, 2, 1);
  Moments b = exact(s, 2, 4, 2, 1);
  EXPECT_EQ(merge(a, b).dataset, "made up");
  b.dataset = "found";
  EXPECT_EQ(merge(a, b).dataset, "made up + found");
}

template <class Work>
void expect_usage(const Work& work, const std::string& words) {
  try {
    work();
    ADD_FAILURE() << "no error: " << words;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::usage);
    EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
  }
}

TEST(MomentsTest, MisuseIsRefused) {
  const auto s = bytes(40);
  const Moments a = exact(s, 0, 20, 20, 1);
  Moments b = exact(s, 20, 40, 20, 1);
  const Moments f = moments_of(normals<float>(5, 0, 1), ScalarType::float32, 0, 5, 5, 1);
  expect_usage([&] { (void)merge(a, f); }, "arithmetic");
  expect_usage([&] { (void)subtract(a, exact(s, 0, 40, 40, 1)); }, "of class");
  b.class_counts.assign(classes, 0);
  expect_usage([&] { (void)subtract(exact(s, 0, 3, 3, 1), b); }, "not a part");
  b.shape = {1, dimension, 1};
  expect_usage([&] { (void)merge(a, b); }, "shape");
  Moments huge = a;
  huge.count = 10'000'000'000;
  expect_usage([&] { (void)merge(a, huge); }, "more than");
}

}  // namespace
}  // namespace eigenlens
