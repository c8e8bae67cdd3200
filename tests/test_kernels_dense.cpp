// SPDX-License-Identifier: Apache-2.0
// The arithmetic of the dense kernels, element by element, against loops that a hand could check. What a device adds to
// it is tested with the verbs.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "kernels/congruence.hpp"
#include "kernels/cumulative_energy.hpp"
#include "kernels/extent.hpp"
#include "kernels/normalize_columns.hpp"
#include "kernels/residual_ratios.hpp"
#include "kernels/reversed_columns.hpp"
#include "kernels/scale_rows.hpp"
#include "support/backend_cases.hpp"
#include "support/tolerance.hpp"

namespace eigenlens::test {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

class DenseKernels : public ::testing::Test {
 protected:
  Draws draws{backend_seed};
  ::testing::ScopedTrace trace{__FILE__, __LINE__, "seed " + std::to_string(backend_seed)};
};

TEST_F(DenseKernels, ScaleRowsAndColumns) {
  const DenseF64 a = random_matrix(7, 5, draws);
  const std::vector<double> rows = random_weights(7, draws), cols = random_weights(5, draws);
  for (std::int64_t j = 0; j < a.cols(); ++j)
    for (std::int64_t i = 0; i < a.rows(); ++i) {
      EXPECT_EQ(kernels::row_scaled(a.data(), rows.data(), a.rows(), i, j), rows[at(i)] * a(i, j));
      EXPECT_EQ(kernels::column_scaled(a.data(), cols.data(), a.rows(), i, j), a(i, j) * cols[at(j)]);
      EXPECT_EQ(kernels::column_scaled(a.data(), nullptr, a.rows(), i, j), a(i, j));
    }
}

TEST_F(DenseKernels, CongruenceIsSymmetricToTheBit) {
  const DenseF64 e = random_symmetric(9, draws);
  const std::vector<double> w = random_weights(9, draws);
  for (std::int64_t j = 0; j < e.cols(); ++j)
    for (std::int64_t i = 0; i < e.rows(); ++i) {
      const double h = kernels::congruent(e.data(), w.data(), e.rows(), i, j);
      EXPECT_EQ(h, e(i, j) * (w[at(i)] * w[at(j)]));
      EXPECT_EQ(h, kernels::congruent(e.data(), w.data(), e.rows(), j, i));
      EXPECT_EQ(kernels::congruent(e.data(), nullptr, e.rows(), i, j), e(i, j));
    }
}

TEST_F(DenseKernels, ReversedColumns) {
  for (const std::int64_t cols : {1, 2, 5}) {
    const DenseF64 a = random_matrix(3, cols, draws);
    for (std::int64_t j = 0; j < cols; ++j)
      for (std::int64_t i = 0; i < 3; ++i)
        EXPECT_EQ(kernels::column_reversed(a.data(), 3, cols, i, j), a(i, cols - j - 1));
  }
}

TEST_F(DenseKernels, NormalizeColumns) {
  const std::vector<double> z = random_weights(6, draws), w = random_weights(6, draws);
  for (std::int64_t i = 0; i < 6; ++i) {
    EXPECT_EQ(kernels::weighted_row(z.data(), w.data(), i), w[at(i)] * z[at(i)]);
    EXPECT_EQ(kernels::weighted_row(z.data(), nullptr, i), z[at(i)]);
  }
  EXPECT_EQ(kernels::unit_entry(3, 4), 0.75);
  EXPECT_EQ(kernels::unit_entry(0, 0), 0) << "a column of zeros stays";
  EXPECT_EQ(kernels::SquaresSum{}(1.5, 2.25), 3.75);
}

TEST_F(DenseKernels, SlabsCoverEveryColumnOnce) {
  for (const std::int64_t cols : {0, 1, 63, 64, 65, 128, 129, 3072}) {
    const std::int64_t count = kernels::slab_count(cols);
    EXPECT_GE(count, 1);
    EXPECT_GE(count * kernels::slab_width, cols);
    EXPECT_LT((count - 1) * kernels::slab_width, std::max<std::int64_t>(cols, 1));
  }
}

TEST_F(DenseKernels, CumulativeEnergyByRowsAndSlabs) {
  for (const auto& [rows, cols] : {std::pair<std::int64_t, std::int64_t>{5, 3}, {33, 129}, {129, 129}, {150, 70}}) {
    SCOPED_TRACE(::testing::Message() << rows << " x " << cols);
    const DenseF64 t = random_matrix(rows, cols, draws);
    const std::vector<double> w = random_weights(cols, draws);
    for (const auto columns : {kernels::Columns::all, kernels::Columns::to_diagonal})
      for (const double* weights : {w.data(), static_cast<const double*>(nullptr)}) {
        const std::int64_t count = kernels::slab_count(cols);
        DenseF64 slabs(rows, count);
        for (std::int64_t s = 0; s < count; ++s)
          for (std::int64_t i = 0; i < rows; ++i)
            slabs(i, s) = kernels::slab_energy(t.data(), weights, rows, cols, columns, i, s);
        for (std::int64_t i = 0; i < rows; ++i) {
          long double expected = 0;
          for (std::int64_t j = 0; j < cols; ++j)
            if (columns == kernels::Columns::all || j <= i)
              expected += static_cast<long double>(t(i, j)) * t(i, j) * (weights ? w[at(j)] : 1.0);
          const auto value = static_cast<double>(expected);
          EXPECT_TRUE(
              within(std::fabs(kernels::row_energy(slabs.data(), rows, count, i) - value), rounding_bound(cols, value)))
              << "row " << i;
        }
      }
  }
}

TEST_F(DenseKernels, WhatLiesAboveTheDiagonalIsNotRead) {
  const DenseF64 t = poisoned_above(random_matrix(70, 70, draws));
  for (std::int64_t i = 0; i < 70; ++i)
    for (std::int64_t s = 0; s < kernels::slab_count(70); ++s)
      EXPECT_TRUE(std::isfinite(kernels::slab_energy(t.data(), nullptr, 70, 70, kernels::Columns::to_diagonal, i, s)));
}

TEST_F(DenseKernels, ResidualRatios) {
  const std::int64_t rows = 6, s = 4;
  DenseF64 p = random_matrix(rows, 4 * s, draws);
  for (std::int64_t j = 3 * s; j < 4 * s; ++j) p(2, j) = 0;
  for (std::int64_t k = 0; k < rows; ++k) {
    const double mu = draws.uniform(), a = 0.25, b = 3;
    long double residual = 0, norm = 0;
    for (std::int64_t j = 0; j < s; ++j) {
      const long double r = p(k, j) - static_cast<long double>(mu) * (a * p(k, s + j) + b * p(k, 2 * s + j));
      residual += r * r;
      norm += static_cast<long double>(p(k, 3 * s + j)) * p(k, 3 * s + j);
    }
    const double expected = norm == 0 ? 0 : static_cast<double>(residual / norm);
    EXPECT_TRUE(within(std::fabs(kernels::residual_ratio(p.data(), rows, s, mu, a, b, k) - expected),
                       rounding_bound(s, expected)))
        << "row " << k;
  }
}

TEST_F(DenseKernels, ANumberThatIsNoneWinsEveryMaximum) {
  const kernels::LargerOrNan larger;
  EXPECT_EQ(larger(1, 2), 2);
  EXPECT_EQ(larger(2, 1), 2);
  EXPECT_TRUE(std::isnan(larger(nan, 1)));
  EXPECT_TRUE(std::isnan(larger(1, nan)));
  EXPECT_EQ(larger(1, infinity), infinity);
}

TEST_F(DenseKernels, Extent) {
  for (const std::int64_t j : {0, 1, 7}) {
    EXPECT_EQ(kernels::first_row(kernels::Entries::all, j), 0);
    EXPECT_EQ(kernels::first_row(kernels::Entries::lower, j), j) << "what lies above is not looked at";
  }
  for (const double odd : {nan, -nan, infinity, -infinity}) EXPECT_EQ(kernels::Magnitude{}(odd), infinity) << odd;
  constexpr double most = std::numeric_limits<double>::max(), least = std::numeric_limits<double>::denorm_min();
  for (const double size : {0.0, least, 1.5, most}) {
    EXPECT_EQ(kernels::Magnitude{}(size), size);
    EXPECT_EQ(kernels::Magnitude{}(-size), size);
    EXPECT_FALSE(std::signbit(kernels::Magnitude{}(-size))) << "its bits are compared";
  }
  EXPECT_EQ(kernels::Larger{}(1, 2), 2);
  EXPECT_EQ(kernels::Larger{}(2, 1), 2);
}

}  // namespace
}  // namespace eigenlens::test
