// SPDX-License-Identifier: Apache-2.0
// The arithmetic of the kernels that make moments, element by element against plain loops.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "kernels/centred_gram.hpp"
#include "kernels/centred_samples.hpp"
#include "kernels/class_sums.hpp"
#include "kernels/exact_gram.hpp"
#include "kernels/first_not_finite.hpp"
#include "kernels/gathered_pixels.hpp"
#include "kernels/gram_projection.hpp"
#include "kernels/masked_gram.hpp"
#include "kernels/shifted_bytes.hpp"
#include "kernels/shifted_floats.hpp"
#include "support/samples.hpp"
#include "support/tolerance.hpp"

namespace eigenlens::test {
namespace {

constexpr std::uint64_t seed = 14142135;

std::vector<std::uint8_t> random_bytes(std::int64_t count) {
  Draws draws(seed);
  std::vector<std::uint8_t> bytes;
  for (std::int64_t e = 0; e < count; ++e) bytes.push_back(static_cast<std::uint8_t>(draws.below(256)));
  return bytes;
}

TEST(KernelsMoments, ShiftedBytesAreExactForEveryByte) {
  for (int x = 0; x < 256; ++x) EXPECT_EQ(kernels::shifted_byte(static_cast<std::uint8_t>(x)), x - 128);
}

TEST(KernelsMoments, PaddingIsTheNextMultipleOf16AndHoldsZeros) {
  for (std::int64_t n = 0; n < 100; ++n) {
    EXPECT_EQ(kernels::padded_bytes(n) % 16, 0);
    EXPECT_GE(kernels::padded_bytes(n), n);
    EXPECT_LT(kernels::padded_bytes(n), n + 16);
  }
  constexpr std::int64_t dimension = 5, count = 7;
  const auto x = random_bytes(dimension * count);
  for (std::int64_t n = 0; n < kernels::padded_bytes(count); ++n)
    for (std::int64_t i = 0; i < kernels::padded_bytes(dimension); ++i)
      EXPECT_EQ(kernels::shifted_element(x.data(), dimension, count, n, i),
                n < count && i < dimension ? x[static_cast<std::size_t>(n * dimension + i)] - 128 : 0);
}

/// (35) by the kernel's own parts: right for the Gram matrix of the samples, and for no other.
TEST(KernelsMoments, ProjectionsTellARightGramMatrixFromAWrongOne) {
  constexpr std::int64_t dimension = 37, count = 50;
  const auto x = random_bytes(dimension * count);
  std::vector<std::int64_t> gram(dimension * dimension);
  for (std::int64_t n = 0; n < count; ++n)
    for (std::int64_t i = 0; i < dimension; ++i)
      for (std::int64_t j = 0; j < dimension; ++j)
        gram[static_cast<std::size_t>(i + j * dimension)] +=
            std::int64_t{x[static_cast<std::size_t>(n * dimension + i)]} *
            x[static_cast<std::size_t>(n * dimension + j)];
  std::vector<std::uint64_t> r, u;
  std::uint64_t state = 88172645463325252;
  for (std::int64_t i = 0; i < dimension; ++i) r.push_back(state = state * 6364136223846793005 + 1442695040888963407);
  for (std::int64_t n = 0; n < count; ++n) {
    u.push_back(kernels::sample_part(x.data(), dimension, r.data(), n, 0, 31));
    u.back() += kernels::sample_part(x.data(), dimension, r.data(), n, 31, dimension);
  }
  for (std::int64_t i = 0; i < dimension; ++i) {
    const std::uint64_t expected = kernels::coordinate_part(x.data(), dimension, u.data(), i, 0, 20) +
                                   kernels::coordinate_part(x.data(), dimension, u.data(), i, 20, count);
    const auto found = [&] {
      return kernels::gram_part(gram.data(), dimension, r.data(), i, 0, 30) +
             kernels::gram_part(gram.data(), dimension, r.data(), i, 30, dimension);
    };
    EXPECT_EQ(found(), expected) << "row " << i;
    gram[static_cast<std::size_t>(i + 5 * dimension)] -= 256;
    EXPECT_NE(found(), expected) << "row " << i;
  }
}

/// The products of n samples that are all (p, q), as the tensor cores would sum them, and the shift undone.
void expect_unshifted(std::int64_t n, std::int64_t p, std::int64_t q) {
  const std::int64_t product = n * (p - 128) * (q - 128);
  if (n <= kernels::int32_samples) {
    EXPECT_LE(product, std::numeric_limits<std::int32_t>::max()) << n << " samples of " << p << " and " << q;
    EXPECT_GE(product, std::numeric_limits<std::int32_t>::min()) << n << " samples of " << p << " and " << q;
  }
  EXPECT_EQ(kernels::unshifted(product, n, n * p, n * q), n * p * q) << n << " samples of " << p << " and " << q;
}

TEST(KernelsMoments, TheShiftIsUndoneAtTheExtremes) {
  for (const std::int64_t n : {std::int64_t{0}, std::int64_t{1}, kernels::int32_samples, std::int64_t{10'000'000'000}})
    for (const std::int64_t p : {0, 1, 127, 128, 129, 255})
      for (const std::int64_t q : {0, 1, 127, 128, 129, 255}) expect_unshifted(n, p, q);
}

TEST(KernelsMoments, OneSampleMoreWouldOverflow) {
  EXPECT_LE(128 * 128 * kernels::int32_samples, std::numeric_limits<std::int32_t>::max());
  EXPECT_GT(128 * 128 * (kernels::int32_samples + 1), std::numeric_limits<std::int32_t>::max());
}

TEST(KernelsMoments, TheShiftIsUndoneForRandomBytes) {
  constexpr std::int64_t dimension = 6, count = 301;
  const auto x = random_bytes(dimension * count);
  for (std::int64_t i = 0; i < dimension; ++i)
    for (std::int64_t j = 0; j < dimension; ++j) {
      std::int64_t truth = 0, product = 0, si = 0, sj = 0;
      for (std::int64_t n = 0; n < count; ++n) {
        const std::int64_t xi = x[static_cast<std::size_t>(n * dimension + i)];
        const std::int64_t xj = x[static_cast<std::size_t>(n * dimension + j)];
        truth += xi * xj, si += xi, sj += xj;
        product += kernels::shifted_element(x.data(), dimension, count, n, i) *
                   kernels::shifted_element(x.data(), dimension, count, n, j);
      }
      EXPECT_EQ(kernels::unshifted(product, count, si, sj), truth);
    }
}

TEST(KernelsMoments, RunsOfBytesAreSummedOneByOneAndByFours) {
  constexpr std::int64_t dimension = 12, count = 40;
  alignas(4) std::uint8_t x[dimension * count];
  const auto bytes = random_bytes(dimension * count);
  std::copy(bytes.begin(), bytes.end(), x);
  std::vector<std::int32_t> order;
  for (std::int32_t n = 0; n < count; ++n) order.push_back(n * 7 % count);
  const kernels::ClassRun run{.first = 5, .count = 30, .label = 2};
  for (std::int64_t i = 0; i < dimension; ++i) {
    std::uint32_t truth = 0;
    for (std::size_t k = 5; k < 35; ++k) truth += bytes[static_cast<std::size_t>(order[k] * dimension + i)];
    EXPECT_EQ(kernels::run_sum(x, dimension, order.data(), run, i), truth);
    std::uint32_t sums[4];
    kernels::run_sums_of_4(x, dimension, order.data(), run, i / 4 * 4, sums);
    EXPECT_EQ(sums[i % 4], truth);
  }
}

TEST(KernelsMoments, TheLongestRunOf255sFits32Bits) {
  EXPECT_LT(255.0 * kernels::longest_byte_run, 4294967296.0);
  EXPECT_EQ(kernels::byte_of(0x04030201U, 0), 1U);
  EXPECT_EQ(kernels::byte_of(0xFF030201U, 3), 255U);
}

TEST(KernelsMoments, RunsOfFloatsGoOnFromTheirStart) {
  const std::vector<double> x = {1, 2, 3, 4, 5, 6};
  const std::vector<std::int32_t> order = {2, 0, 1};
  EXPECT_EQ(kernels::run_sum(x.data(), 2, order.data(), {.first = 0, .count = 2, .label = 0}, 1, 10.0), 10 + 6 + 2);
}

TEST(KernelsMoments, ShiftedFloatsAreWidenedFirst) {
  const float x = 0.1F;
  EXPECT_EQ(kernels::shifted_value(x, 0.1), static_cast<double>(x) - 0.1);
  EXPECT_NE(kernels::shifted_value(x, 0.1), 0);
  EXPECT_EQ(kernels::shifted_value(3.5, 1.25), 2.25);
}

TEST(KernelsMoments, PixelsOfASampleLieInItsColumn) {
  const std::vector<std::int64_t> pixels = {4, 0, 9};
  EXPECT_EQ(kernels::pixel_place(pixels.data(), 0, 0, 10), 4);
  EXPECT_EQ(kernels::pixel_place(pixels.data(), 2, 3, 10), 39);
}

TEST(KernelsMoments, CentredValuesAreWidenedFirst) {
  EXPECT_EQ(kernels::centred_value(std::uint8_t{7}, 0, 9.5, 2), -5);
  EXPECT_EQ(kernels::centred_value(0.1F, 0.1, 0.0, 1), static_cast<double>(0.1F) - 0.1);
  EXPECT_EQ(kernels::centred_value(3.5, 1.25, 0.25, 0.5), 1);
}

/// Sums of bytes for which floats would have nothing left: 10¹⁰ samples of 255 but for one of 254.
TEST(KernelsMoments, ExactCentringLosesNothingToCancellation) {
  const std::int64_t n = 10'000'000'000, s = 255 * n - 1, g = 255 * 255 * (n - 1) + 254 * 254;
  const double truth = static_cast<double>((n - 1)) / static_cast<double>(n);  // of a single −1 among zeros
  EXPECT_TRUE(within(std::fabs(kernels::centred_exact(n, g, s, s) - truth), 2 * epsilon * truth));
  EXPECT_EQ(kernels::centred_exact(n, 255 * 255 * n, 255 * n, 255 * n), 0);
}

TEST(KernelsMoments, CentredEntriesAgainstSumsOfDeviations) {
  Draws draws(seed);
  constexpr std::int64_t n = 53;
  std::int64_t si = 0, sj = 0, g = 0;
  std::vector<std::int64_t> x, y;
  for (std::int64_t k = 0; k < n; ++k) {
    x.push_back(draws.below(256)), y.push_back(draws.below(256));
    si += x.back(), sj += y.back(), g += x.back() * y.back();
  }
  const long double mean_x = static_cast<long double>(si) / n, mean_y = static_cast<long double>(sj) / n;
  long double truth = 0;
  for (std::size_t k = 0; k < x.size(); ++k) truth += (x[k] - mean_x) * (y[k] - mean_y);
  const auto value = static_cast<double>(truth);
  EXPECT_TRUE(within(std::fabs(kernels::centred_exact(n, g, si, sj) - value), 2 * epsilon * std::fabs(value)));
  EXPECT_TRUE(within(
      std::fabs(kernels::centred_float(n, static_cast<double>(g), static_cast<double>(si), static_cast<double>(sj)) -
                value),
      rounding_bound(1, static_cast<double>(g))));
}

TEST(KernelsMoments, MaskedAndNoisyEntries) {
  EXPECT_EQ(kernels::masked_entry(3, 2, 2, 1, 0.5), 4.5);
  EXPECT_EQ(kernels::masked_entry(3, 2, 1, 1, 0.5), 3);
  EXPECT_EQ(kernels::masked_entry(3, -1, -1, 1, 0.5), 3) << "coordinates of no group share none";
  EXPECT_EQ(kernels::noisy_entry(3, 4, 4, 2, 0.5), 6.5);
  EXPECT_EQ(kernels::noisy_entry(3, 4, 5, 2, 0.5), 6);
}

template <class Real>
void check_finiteness() {
  using Limits = std::numeric_limits<Real>;
  for (const Real x : {Real{0}, Real{-1}, Limits::max(), Limits::lowest(), Limits::denorm_min()})
    EXPECT_TRUE(kernels::is_finite(x)) << x;
  for (const Real x : {Limits::infinity(), -Limits::infinity(), Limits::quiet_NaN()})
    EXPECT_FALSE(kernels::is_finite(x)) << x;
}

TEST(KernelsMoments, WhatIsFiniteIsKnown) {
  check_finiteness<float>();
  check_finiteness<double>();
}

}  // namespace
}  // namespace eigenlens::test
