// SPDX-License-Identifier: Apache-2.0
// G from moments and S from G: the functions that kernels and the CPU share, and the verbs on every backend.
#include <gtest/gtest.h>

#include <cmath>

#include "backend/transfer.hpp"
#include "kernels/centred_gram.hpp"
#include "kernels/masked_gram.hpp"
#include "solve/centre.hpp"
#include "support/backend_cases.hpp"
#include "support/dense_gram.hpp"
#include "support/tolerance.hpp"

namespace eigenlens::test {
namespace {

class BackendMoments : public BackendTest {};
INSTANTIATE_TEST_SUITE_P(Every, BackendMoments, ::testing::ValuesIn(backend_cases()), case_name);

/// 10¹⁰ samples of 255: every product has more digits than a double or a 64-bit integer, and they cancel.
TEST(CentredGram, CancelsExactly) {
  constexpr std::int64_t n = 10'000'000'000, sum = 255 * n;
  EXPECT_EQ(kernels::centred_exact(n, 255 * sum, sum, sum), 0);
  EXPECT_EQ(kernels::centred_exact(n, 255 * sum + 3, sum, sum), 3);
  EXPECT_EQ(kernels::centred_exact(n, 255 * sum - 7, sum, sum), -7);
  const double product = 255 * static_cast<double>(sum);
  EXPECT_TRUE(within(std::fabs(kernels::centred_exact(n, 0, sum, sum) + product), rounding_bound(1, product)));
}

TEST(CentredGram, RoundsOnce) {
  Draws draws(backend_seed);
  for (int trial = 0; trial < 1000; ++trial) {
    const auto below = [&](double limit) { return static_cast<std::int64_t>(draws.uniform() * limit); };
    const std::int64_t n = 1 + below(1e6), g = below(6.5e10), si = below(2.55e8), sj = below(2.55e8);
    // Below 2⁶³: a long double holds the difference as it is.
    const auto numerator = static_cast<double>(static_cast<long double>(n * g - si * sj));
    EXPECT_EQ(kernels::centred_exact(n, g, si, sj), numerator / static_cast<double>(n));
    const double f = kernels::centred_float(1e6, 0.5, static_cast<double>(si), static_cast<double>(sj));
    const long double expected = 0.5L - static_cast<long double>(si) * static_cast<long double>(sj) / 1e6L;
    EXPECT_TRUE(within(std::fabs(static_cast<double>(f - expected)),
                       rounding_bound(1, std::fabs(static_cast<double>(expected)))));
  }
}

TEST(MaskedGram, Entries) {
  EXPECT_EQ(kernels::masked_entry(3, 5, 5, 1, 9), 30);
  EXPECT_EQ(kernels::masked_entry(3, 5, 6, 1, 9), 3);
  EXPECT_EQ(kernels::masked_entry(3, -1, -1, 1, 9), 3) << "in no group is no group";
  EXPECT_EQ(kernels::masked_entry(3, -1, 0, 2, 9), 6);
  EXPECT_EQ(kernels::masked_entry(3, 0, 0, 0, 1), 3) << "B itself";
  EXPECT_EQ(kernels::masked_entry(3, 0, 1, 0, 1), 0);
  EXPECT_EQ(kernels::noisy_entry(3, 4, 4, 2, 9), 15);
  EXPECT_EQ(kernels::noisy_entry(3, 4, 5, 2, 9), 6);
}

/// Pixels of which two are constant; exact or as floats that are no integers.
Moments moments_of(const ImageShape& shape, Arithmetic arithmetic) {
  Samples samples = random_pixels(shape, 60, 3, backend_seed);
  for (std::int64_t n = 0; n < samples.count(); ++n) {
    double* x = samples.values.col(n);
    x[0] = 7;
    x[shape.size() - 2] = 255;
    if (arithmetic == Arithmetic::float64)
      for (std::int64_t i = 0; i < shape.size(); ++i) x[i] = 100 + x[i] / 3;
  }
  return engine_moments(samples, arithmetic == Arithmetic::exact ? ScalarType::uint8 : ScalarType::float64);
}

template <class Value>
void expect_centred(Backend& backend, ScalarType scalar) {
  Draws draws(backend_seed);
  for (const auto& [d, b] : {std::pair{std::int64_t{1}, std::int64_t{1}}, {597, 43}, {33, 131}}) {
    std::vector<Value> values;
    SampleCentre centre;
    for (std::int64_t e = 0; e < d * b; ++e) values.push_back(static_cast<Value>(draws.below(256)));
    for (std::int64_t i = 0; i < d; ++i) {
      centre.shift.push_back(draws.uniform()), centre.mean.push_back(100 * draws.uniform());
      centre.scale.push_back(i % 5 == 0 ? 0 : draws.uniform());
    }
    Batch batch{scalar, b, d, 0, values.data(), nullptr};
    const DenseF64 before(d, b + 1);
    Matrix x = uploaded(backend, before);  // a column more than there are samples
    backend.centred_samples(batch, centre, x);
    const DenseF64 found = downloaded(backend, x);
    for (std::int64_t n = 0; n < b; ++n)
      for (std::int64_t i = 0; i < d; ++i) {
        const auto k = static_cast<std::size_t>(i);
        const auto value = static_cast<double>(values[static_cast<std::size_t>(i + n * d)]);
        ASSERT_EQ(found(i, n), ((value - centre.shift[k]) - centre.mean[k]) * centre.scale[k]) << i << ", " << n;
      }
    for (std::int64_t i = 0; i < d; ++i) EXPECT_EQ(found(i, b), 0) << "only the batch's columns are written";
    batch.count = 0;
    backend.centred_samples(batch, centre, x);
    EXPECT_EQ(downloaded(backend, x), found);
  }
}

TEST_P(BackendMoments, CentredSamples) {
  expect_centred<std::uint8_t>(backend(), ScalarType::uint8);
  expect_centred<float>(backend(), ScalarType::float32);
  expect_centred<double>(backend(), ScalarType::float64);
}

/// G of some pixels by way of the host.
DenseF64 panel_gram_of(Backend& backend, const Batch& batch, double std) {
  DatasetInfo info;
  info.scalar = ScalarType::uint8;
  info.shape = {1, 1, batch.dimension};
  info.classes = 1;
  const auto sums = backend.gram_accumulator(info);
  sums->add(batch);
  Moments moments;
  moments.shape = info.shape;
  sums->finish(moments);
  Matrix g = backend.allocate(batch.dimension, batch.dimension);
  backend.centred_gram(moments, std::vector<std::uint8_t>(static_cast<std::size_t>(batch.dimension)), std, g);
  return downloaded(backend, g);
}

TEST_P(BackendMoments, PixelPanels) {
  constexpr std::int64_t d = 331, n = 77;
  const Samples samples = random_pixels({1, 1, d}, n, 3, backend_seed);
  const std::vector<std::uint8_t> bytes(samples.values.data(), samples.values.data() + d * n);
  const std::vector<std::int32_t> labels(n);
  Batch all{ScalarType::uint8, n, d, 0, bytes.data(), labels.data()};
  const auto panels = backend().pixel_panels(all);
  all.scalar = ScalarType::float64;
  EXPECT_EQ(backend().pixel_panels(all), nullptr);
  if (backend().device_memory() == 0) {
    EXPECT_EQ(panels, nullptr) << "the host's memory needs no second copy";
    return;
  }
  ASSERT_NE(panels, nullptr);
  std::vector<std::int64_t> every_third;
  for (std::int64_t i = 1; i < d; i += 3) every_third.push_back(i);
  for (const std::vector<std::int64_t>& pixels :
       {std::vector<std::int64_t>{330}, every_third, {5, 0, 329}, {7, 8, 9}, every_third}) {
    const auto p = static_cast<std::int64_t>(pixels.size());
    SampleCentre centre{std::vector<double>(pixels.size(), 0.5), std::vector<double>(pixels.size(), 100.25),
                        std::vector<double>(pixels.size(), 0.125)};
    std::vector<std::uint8_t> taken;
    for (std::int64_t k = 0; k < n; ++k)
      for (const std::int64_t pixel : pixels) taken.push_back(bytes[static_cast<std::size_t>(pixel + k * d)]);
    const Batch batch{ScalarType::uint8, n, p, 0, taken.data(), labels.data()};
    Matrix x = backend().allocate(p, n), truth = backend().allocate(p, n), g = backend().allocate(p, p);
    panels->take(pixels, centre, x);
    panels->gram(3.5, g);
    backend().centred_samples(batch, centre, truth);
    EXPECT_EQ(downloaded(backend(), x), downloaded(backend(), truth));
    EXPECT_EQ(downloaded(backend(), g), panel_gram_of(backend(), batch, 3.5)) << p << " pixels, to the last bit";
  }
}

TEST_P(BackendMoments, CentredGram) {
  for (const ImageShape& shape : {ImageShape{1, 1, 3}, {1, 4, 8}, {1, 3, 11}, {1, 8, 8}, {3, 5, 11}, {1, 13, 20}})
    for (const Arithmetic arithmetic : {Arithmetic::exact, Arithmetic::float64}) {
      const bool exact = arithmetic == Arithmetic::exact;
      SCOPED_TRACE(::testing::Message() << "D = " << shape.size() << (exact ? ", exact" : ", float64"));
      const Moments moments = moments_of(shape, arithmetic);
      const Centring centring(moments);
      ASSERT_EQ(centring.constant_pixels(), 2);
      Matrix g = poisoned(shape.size(), shape.size());
      backend().centred_gram(moments, centring.constants(), centring.global_std(), g);
      const DenseF64 found = downloaded(backend(), g), expected = gram_of(centring);
      EXPECT_TRUE(within(difference(found, expected), exact ? 0 : rounding_bound(1, largest_entry(expected))));
      for (std::int64_t i = 0; i < shape.size(); ++i) {
        EXPECT_EQ(found(0, i), 0);
        EXPECT_EQ(found(i, shape.size() - 2), 0);
        for (std::int64_t j = 0; j < i; ++j) EXPECT_EQ(found(i, j), found(j, i)) << i << ", " << j;
      }
    }
}

TEST_P(BackendMoments, MaskedGram) {
  Draws draws(backend_seed);
  struct Pencil {
    double a, b;
  };
  for (const std::int64_t n : {1, 2, 31, 33, 64, 129, 260}) {
    const DenseF64 g = random_symmetric(n, draws);
    std::vector<std::int32_t> patches, all, none;
    for (std::int64_t i = 0; i < n; ++i) {
      patches.push_back(i % 11 == 3 ? -1 : static_cast<std::int32_t>(i / 4 % 5));
      all.push_back(0);
      none.push_back(-1);
    }
    for (const auto& groups : {patches, all, none, std::vector<std::int32_t>{}})
      for (const auto& [a, b] : {Pencil{1, 0}, {0, 1}, {1, 99}, {0.25, 3}}) {
        SCOPED_TRACE(::testing::Message() << "order " << n << ", a = " << a << ", b = " << b << ", "
                                          << (groups.empty() ? "B = I" : "groups"));
        Matrix s = poisoned(n, n);
        backend().masked_gram(uploaded(backend(), g), groups, a, b, s);
        DenseF64 expected(n, n);
        for (std::int64_t j = 0; j < n; ++j)
          for (std::int64_t i = 0; i < n; ++i) {
            const std::size_t row = static_cast<std::size_t>(i), column = static_cast<std::size_t>(j);
            const bool same = !groups.empty() && groups[row] == groups[column] && groups[row] >= 0;
            const double entry = groups.empty() ? (i == j ? 1 : 0) : (same ? g(i, j) : 0);
            expected(i, j) = a * g(i, j) + b * entry;
          }
        EXPECT_TRUE(within(difference(downloaded(backend(), s), expected), rounding_bound(1, a + b)));
        if (a == 0 && b == 1) {
          EXPECT_EQ(downloaded(backend(), s), expected) << "B itself has no rounding";
        }
      }
  }
}

TEST_P(BackendMoments, TabledGram) {
  Draws draws(backend_seed);
  for (const std::int64_t n : verb_orders)
    for (const std::int64_t order : {std::int64_t{1}, std::int64_t{3}, n}) {
      SCOPED_TRACE(::testing::Message() << "D = " << n << ", P = " << order);
      const DenseF64 g = random_symmetric(n, draws), table = random_symmetric(order, draws);
      std::vector<std::int32_t> groups;
      for (std::int64_t i = 0; i < n; ++i)
        groups.push_back(static_cast<std::int32_t>(order == n ? i : draws.below(order)));
      for (const Tabled how : {Tabled::factors, Tabled::addends}) {
        Matrix s = poisoned(n, n);
        backend().tabled_gram(how, uploaded(backend(), g), groups, uploaded(backend(), table), s);
        DenseF64 expected(n, n);
        for (std::int64_t j = 0; j < n; ++j)
          for (std::int64_t i = 0; i < n; ++i) {
            const double entry = table(groups[static_cast<std::size_t>(i)], groups[static_cast<std::size_t>(j)]);
            expected(i, j) = how == Tabled::factors ? g(i, j) * entry : g(i, j) + entry;
          }
        EXPECT_EQ(downloaded(backend(), s), expected) << "one rounding each";
      }
    }
}

}  // namespace
}  // namespace eigenlens::test
