// SPDX-License-Identifier: Apache-2.0
// The arithmetic of the kernels for blocks: pivoted Cholesky and triangular work on columns, on one thread.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "kernels/pivot_step.hpp"
#include "kernels/pivoted_cholesky.hpp"
#include "kernels/small_blocks.hpp"
#include "support/backend_cases.hpp"
#include "support/tolerance.hpp"

namespace eigenlens::test {
namespace {

constexpr double tolerance = 1e-13;

/// A factored block, with what it was made of.
struct Factored {
  Factored(const DenseF64& g, std::vector<std::int64_t> coordinates)
      : index(std::move(coordinates)), l(size(), size()), diagonal(index.size()) {
    std::fill_n(l.data(), l.size(), std::numeric_limits<double>::quiet_NaN());
    rank = kernels::pivoted_cholesky({g.data(), g.rows(), index.data(), diagonal.data(), l.data(), size()}, tolerance,
                                     kernels::SingleThread{});
  }
  [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(index.size()); }
  /// L Lᵀ of the first `rank` columns.
  [[nodiscard]] DenseF64 product() const {
    DenseF64 b(size(), size());
    for (std::int64_t k = 0; k < rank; ++k)
      for (std::int64_t j = 0; j < size(); ++j)
        for (std::int64_t i = 0; i < size(); ++i) b(i, j) += l(i, k) * l(j, k);
    return b;
  }
  /// L packed row by row, NaN where nothing belongs.
  [[nodiscard]] std::vector<double> packed() const {
    std::vector<double> values(static_cast<std::size_t>(kernels::packed(size(), 0)),
                               std::numeric_limits<double>::quiet_NaN());
    for (std::int64_t i = 0; i < size(); ++i)
      for (std::int64_t k = 0; k <= i && k < rank; ++k)
        values[static_cast<std::size_t>(kernels::packed(i, k))] = l(i, k);
    return values;
  }

  std::vector<std::int64_t> index;
  DenseF64 l;
  std::vector<double> diagonal;
  std::int64_t rank = 0;
};

/// A Gram matrix of the given rank and order; NaN above the diagonal, where nothing may be read.
DenseF64 gram_of_rank(std::int64_t n, std::int64_t rank, Draws& draws) {
  const DenseF64 x = random_matrix(n, rank, draws);
  return poisoned_above(naive_product('N', 'T', x, x));
}

std::vector<std::int64_t> every_other(std::int64_t n) {
  std::vector<std::int64_t> coordinates;
  for (std::int64_t i = 0; i < n; ++i) coordinates.push_back(2 * i + 1);
  return coordinates;
}

void expect_factor(const DenseF64& g, const Factored& f, std::int64_t rank) {
  ASSERT_EQ(f.rank, rank) << "order " << f.size();
  double largest = 0, error = 0;
  const DenseF64 product = f.product();
  for (std::int64_t j = 0; j < f.size(); ++j)
    for (std::int64_t i = 0; i < f.size(); ++i) {
      const std::int64_t gi = f.index[static_cast<std::size_t>(i)], gj = f.index[static_cast<std::size_t>(j)];
      const double entry = g(std::max(gi, gj), std::min(gi, gj));
      largest = std::max(largest, std::fabs(entry));
      error = std::max(error, std::fabs(product(i, j) - entry));
    }
  EXPECT_TRUE(within(error, std::max(rounding_bound(f.size(), largest), f.size() * tolerance * largest)));
  for (std::int64_t k = 0; k < rank; ++k) {
    EXPECT_GT(f.l(k, k), 0);
    EXPECT_LE(f.l(k, k), f.l(std::max<std::int64_t>(k - 1, 0), std::max<std::int64_t>(k - 1, 0)) * (1 + 1e-12));
    for (std::int64_t i = 0; i < k; ++i) EXPECT_EQ(f.l(i, k), 0);
  }
}

TEST(KernelsBlocks, PivotedCholeskyOfEveryOrderAndRank) {
  Draws draws(backend_seed);
  for (const std::int64_t n : {1, 2, 3, 17, 64, 100})
    for (const std::int64_t rank : {std::int64_t{1}, n / 2, n}) {
      if (rank == 0) continue;
      const DenseF64 g = gram_of_rank(2 * n + 1, rank, draws);
      Factored f(g, every_other(n));
      expect_factor(g, f, rank);
      std::sort(f.index.begin(), f.index.end());
      EXPECT_EQ(f.index, every_other(n)) << "no coordinate is lost";
    }
}

/// A factor made step by step, without the launcher's search for the pivot.
TEST(KernelsBlocks, StepsWithPivotsInPlaceMakeAFactor) {
  Draws draws(backend_seed);
  constexpr std::int64_t n = 37, panel = 8;
  const DenseF64 g = gram_of_rank(n, n, draws);
  DenseF64 s = g, l(n, n);
  std::vector<double> left(n, std::numeric_limits<double>::quiet_NaN()), next(n), row(panel);
  for (std::int64_t k = 0; k < n; ++k) {
    const std::int64_t first = k / panel * panel;
    const kernels::PivotStep step{n,        k,           first,       tolerance, s.data(),
                                  l.data(), left.data(), next.data(), nullptr,   nullptr};
    std::int64_t p = 0;
    for (std::int64_t i = 0; i < n; ++i)
      if (kernels::left_of(step, i) > kernels::left_of(step, p)) p = i;
    for (std::int64_t m = first; m < k; ++m) row[static_cast<std::size_t>(m - first)] = l(p, m);
    const double root = std::sqrt(kernels::left_of(step, p));
    for (std::int64_t i = 0; i < n; ++i) {
      l(i, k) = kernels::pivoted_entry(step, i, p, root, row.data());
      next[static_cast<std::size_t>(i)] = kernels::left_after(step, i, p, l(i, k));
    }
    std::swap(left, next);
    if (k + 1 < first + panel) continue;
    for (std::int64_t j = 0; j < n; ++j)
      for (std::int64_t i = j; i < n; ++i)
        for (std::int64_t m = first; m <= k; ++m) s(i, j) -= l(i, m) * l(j, m);
  }
  EXPECT_TRUE(std::all_of(left.begin(), left.end(), [](double d) { return d == kernels::pivot_taken; }));
  const DenseF64 product = naive_product('N', 'T', l, l);
  for (std::int64_t j = 0; j < n; ++j)
    for (std::int64_t i = j; i < n; ++i)
      EXPECT_TRUE(within(std::fabs(product(i, j) - g(i, j)), rounding_bound(n, n))) << i << ", " << j;
}

TEST(KernelsBlocks, DuplicatesZerosAndWhatIsNotANumberHaveNoRank) {
  DenseF64 twice(4, 4);
  for (std::int64_t e = 0; e < 16; ++e) twice.data()[e] = 2;
  EXPECT_EQ(Factored(twice, {0, 1, 2, 3}).rank, 1);
  EXPECT_EQ(Factored(DenseF64(3, 3), {0, 1, 2}).rank, 0);
  DenseF64 bad(2, 2);
  bad(0, 0) = bad(1, 0) = bad(1, 1) = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(Factored(bad, {0, 1}).rank, 0);
}

TEST(KernelsBlocks, OfEqualPivotsTheFirstIsTaken) {
  DenseF64 g(3, 3);
  for (std::int64_t i = 0; i < 3; ++i) g(i, i) = 5;
  EXPECT_EQ(Factored(g, {0, 1, 2}).index, (std::vector<std::int64_t>{0, 1, 2}));
}

TEST(KernelsBlocks, ColumnsAreSolvedAndMultiplied) {
  Draws draws(backend_seed);
  for (const std::int64_t n : {1, 2, 31, 64})
    for (const std::int64_t rank : {std::int64_t{1}, (n + 1) / 2, n}) {
      const Factored f(gram_of_rank(2 * n + 1, rank, draws), every_other(n));
      ASSERT_EQ(f.rank, rank);
      const std::vector<double> l = f.packed(), y = random_weights(rank, draws);
      std::vector<double> product(static_cast<std::size_t>(n), std::numeric_limits<double>::quiet_NaN());
      std::copy(y.begin(), y.end(), product.begin());
      kernels::work_on_column(kernels::BlockWork::multiply, l.data(), n, rank, product.data());
      double condition = 0;
      for (std::int64_t i = 0; i < n; ++i) {
        long double sum = 0;
        for (std::int64_t k = 0; k < rank; ++k)
          sum += static_cast<long double>(f.l(i, k)) * y[static_cast<std::size_t>(k)];
        EXPECT_TRUE(within(std::fabs(product[static_cast<std::size_t>(i)] - static_cast<double>(sum)),
                           rounding_bound(rank, 2 * f.l(0, 0))));
        for (std::int64_t k = 0; k < rank; ++k)
          condition = std::max(condition, std::fabs(f.l(i, k)) / f.l(rank - 1, rank - 1));
      }
      std::vector<double> solved = product;
      kernels::work_on_column(kernels::BlockWork::solve, l.data(), n, rank, solved.data());
      std::vector<double> back = solved;
      kernels::work_on_column(kernels::BlockWork::solve_transposed, l.data(), n, rank, back.data());
      for (std::int64_t k = 0; k < rank; ++k) {
        const auto at = static_cast<std::size_t>(k);
        EXPECT_TRUE(within(std::fabs(solved[at] - y[at]), rounding_bound(rank * rank, condition * condition)));
        long double residual = -static_cast<long double>(solved[at]), size = std::fabs(solved[at]);
        for (std::int64_t i = k; i < rank; ++i) {
          const long double term = static_cast<long double>(f.l(i, k)) * back[static_cast<std::size_t>(i)];
          residual += term, size += std::fabs(term);
        }
        EXPECT_TRUE(within(static_cast<double>(std::fabs(residual)), rounding_bound(rank, static_cast<double>(size))));
      }
    }
}

}  // namespace
}  // namespace eigenlens::test
