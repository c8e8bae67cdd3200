// SPDX-License-Identifier: Apache-2.0
// Blocks on both sides of what a device keeps in shared memory, in one factor: of full rank and not, scattered.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "backend/transfer.hpp"
#include "support/backend_cases.hpp"
#include "support/tolerance.hpp"

namespace eigenlens::test {
namespace {

/// Coordinates of a block, and of how many the others are combinations.
struct Part {
  std::int64_t size, rank;
};
constexpr Part parts[] = {{1, 1},   {70, 70},   {64, 64}, {65, 40}, {1, 0},   {33, 33}, {31, 31},
                          {20, 11}, {100, 100}, {2, 1},   {66, 66}, {63, 63}, {1, 1},   {90, 89}};
constexpr std::int64_t outside = 3;  ///< coordinates in no block
constexpr double tolerance = 1e-12;

class BlocksDevice : public BackendTest {
 protected:
  void SetUp() override {
    BackendTest::SetUp();
    if (IsSkipped()) return;
    Draws draws(backend_seed);
    std::int32_t group = 0;
    groups_.assign(static_cast<std::size_t>(outside), -1);
    for (const Part& part : parts) {
      groups_.insert(groups_.end(), static_cast<std::size_t>(part.size), group);
      group += 2;  // numbers without a coordinate between them
      rank_ += part.rank;
    }
    for (std::size_t i = groups_.size() - 1; i > 0; --i)
      std::swap(groups_[i], groups_[static_cast<std::size_t>(draws.below(static_cast<std::int64_t>(i) + 1))]);
    make_gram(draws);
    blocks_ = backend().factor_blocks(uploaded(backend(), g_), groups_, tolerance);
  }

  [[nodiscard]] std::int64_t dimension() const { return static_cast<std::int64_t>(groups_.size()); }

  [[nodiscard]] DenseF64 apply(BlockOp op, const DenseF64& w) const {
    Matrix x = poisoned(op == BlockOp::solve ? blocks_->rank() : dimension(), w.cols());
    backend().block_apply(op, *blocks_, uploaded(backend(), w), x);
    return downloaded(backend(), x);
  }

  /// L_B, as a product with the identity shows it.
  [[nodiscard]] DenseF64 factor() const {
    DenseF64 identity(blocks_->rank(), blocks_->rank());
    for (std::int64_t k = 0; k < identity.rows(); ++k) identity(k, k) = 1;
    return apply(BlockOp::multiply, identity);
  }

  std::vector<std::int32_t> groups_;
  std::int64_t rank_ = 0;
  DenseF64 g_;  ///< D × D: B within blocks, and something small outside
  std::shared_ptr<const Blocks> blocks_;

 private:
  /// Within a block diag(1 … 2) of its rank, mixed by a random matrix; between blocks what keeps G far from B.
  void make_gram(Draws& draws) {
    const std::int64_t d = dimension();
    g_ = random_symmetric(d, draws);
    std::vector<DenseF64> within;
    std::vector<std::int64_t> next(std::size(parts));
    for (const Part& part : parts) {
      DenseF64 x = random_matrix(part.size, part.rank, draws);
      for (std::int64_t k = 0; k < part.rank; ++k) x(k, k) += 4;  // well conditioned
      within.push_back(naive_product('N', 'T', x, x));
    }
    std::vector<std::int64_t> place(static_cast<std::size_t>(d));
    for (std::size_t i = 0; i < groups_.size(); ++i)
      if (groups_[i] >= 0) place[i] = next[static_cast<std::size_t>(groups_[i] / 2)]++;
    for (std::int64_t j = 0; j < d; ++j)
      for (std::int64_t i = 0; i < d; ++i) {
        const auto a = static_cast<std::size_t>(i), b = static_cast<std::size_t>(j);
        if (groups_[a] == groups_[b] && groups_[a] >= 0)
          g_(i, j) = within[static_cast<std::size_t>(groups_[a] / 2)](place[a], place[b]);
      }
  }
};
INSTANTIATE_TEST_SUITE_P(Every, BlocksDevice, ::testing::ValuesIn(backend_cases()), case_name);

TEST_P(BlocksDevice, TheFactorIsOfTheRankAndTheProductThatWereMade) {
  ASSERT_EQ(blocks_->rank(), rank_);
  const DenseF64 l = factor(), b = naive_product('N', 'T', l, l);
  const double bound = rounding_bound(100, largest_entry(b)) + tolerance * largest_entry(b);
  for (std::int64_t j = 0; j < dimension(); ++j)
    for (std::int64_t i = 0; i < dimension(); ++i) {
      const auto gi = groups_[static_cast<std::size_t>(i)], gj = groups_[static_cast<std::size_t>(j)];
      ASSERT_TRUE(within(std::fabs(b(i, j) - (gi == gj && gi >= 0 ? g_(i, j) : 0)), bound)) << i << ", " << j;
    }
}

TEST_P(BlocksDevice, SolveUndoesMultiply) {
  Draws draws(backend_seed);
  for (const std::int64_t width : {1, 31, 33, 100}) {
    const DenseF64 w = random_matrix(blocks_->rank(), width, draws);
    EXPECT_TRUE(within(difference(apply(BlockOp::solve, apply(BlockOp::multiply, w)), w), rounding_bound(10'000, 10)));
  }
}

TEST_P(BlocksDevice, SolveTransposedIsTheAdjointOfSolve) {
  Draws draws(backend_seed);
  const DenseF64 u = random_matrix(dimension(), 37, draws), w = random_matrix(blocks_->rank(), 37, draws);
  const DenseF64 left = naive_product('T', 'N', apply(BlockOp::solve, u), w);
  const DenseF64 right = naive_product('T', 'N', u, apply(BlockOp::solve_transposed, w));
  EXPECT_TRUE(within(difference(left, right), rounding_bound(10'000, 10)));
}

TEST_P(BlocksDevice, CongruenceIsTwoSolves) {
  Matrix k = poisoned(blocks_->rank(), blocks_->rank());
  backend().block_congruence(*blocks_, uploaded(backend(), g_), k);
  const DenseF64 half = apply(BlockOp::solve, g_);  // n_B × D
  DenseF64 transposed(half.cols(), half.rows());
  for (std::int64_t j = 0; j < half.cols(); ++j)
    for (std::int64_t i = 0; i < half.rows(); ++i) transposed(j, i) = half(i, j);
  EXPECT_TRUE(within(difference(downloaded(backend(), k), apply(BlockOp::solve, transposed)),
                     rounding_bound(10'000, largest_entry(g_))));
}

/// A block too large for one multiprocessor to pivot it: diag(1 … 2) + XXᵀ, some of whose coordinates are there twice.
class LargeBlock : public BackendTest {
 protected:
  void SetUp() override {
    BackendTest::SetUp();
    if (IsSkipped()) return;
    Draws draws(backend_seed);
    const DenseF64 x = random_matrix(rank, 3, draws);
    for (std::int64_t i = 0; i < size; ++i) source_.push_back(i < rank ? i : i - rank);
    for (std::size_t i = source_.size() - 1; i > 0; --i)
      std::swap(source_[i], source_[static_cast<std::size_t>(draws.below(static_cast<std::int64_t>(i) + 1))]);
    g_ = DenseF64(size, size);
    for (std::int64_t j = 0; j < size; ++j)
      for (std::int64_t i = 0; i < size; ++i) {
        const std::int64_t a = source_[static_cast<std::size_t>(i)], b = source_[static_cast<std::size_t>(j)];
        g_(i, j) = a == b ? 1 + static_cast<double>(a) / rank : 0;
        for (std::int64_t k = 0; k < 3; ++k) g_(i, j) += x(a, k) * x(b, k);
      }
  }

  [[nodiscard]] DenseF64 apply(BlockOp op, const Blocks& blocks, const DenseF64& w) const {
    Matrix x = poisoned(op == BlockOp::solve ? blocks.rank() : size, w.cols());
    backend().block_apply(op, blocks, uploaded(backend(), w), x);
    return downloaded(backend(), x);
  }

  static constexpr std::int64_t size = 1100, rank = 1085;
  std::vector<std::int64_t> source_;  ///< of every coordinate
  DenseF64 g_;
};
INSTANTIATE_TEST_SUITE_P(Every, LargeBlock, ::testing::ValuesIn(backend_cases()), case_name);

TEST_P(LargeBlock, WithoutFullRankHasItsFactor) {
  const std::vector<std::int32_t> groups(static_cast<std::size_t>(size), 0);
  const auto blocks = backend().factor_blocks(uploaded(backend(), g_), groups, tolerance);
  ASSERT_EQ(blocks->rank(), rank);
  DenseF64 identity(rank, rank);
  for (std::int64_t k = 0; k < rank; ++k) identity(k, k) = 1;
  const DenseF64 l = apply(BlockOp::multiply, *blocks, identity);
  Draws draws(backend_seed);
  const DenseF64 v = random_matrix(size, 2, draws);
  const DenseF64 product = naive_product('N', 'N', l, naive_product('T', 'N', l, v));
  EXPECT_TRUE(within(difference(product, naive_product('N', 'N', g_, v)), rounding_bound(size, size)));
  const DenseF64 w = random_matrix(rank, 5, draws);
  EXPECT_TRUE(within(difference(apply(BlockOp::solve, *blocks, apply(BlockOp::multiply, *blocks, w)), w),
                     rounding_bound(size, 10)));
}

TEST_P(LargeBlock, OfLowRankEndsEarly) {
  for (std::int64_t j = 0; j < size; ++j)
    for (std::int64_t i = 0; i < size; ++i) {
      const std::int64_t a = source_[static_cast<std::size_t>(i)], b = source_[static_cast<std::size_t>(j)];
      g_(i, j) = a < 64 && b < 64 ? (a == b ? 2.0 : 1.0) : 0;
    }
  const std::vector<std::int32_t> groups(static_cast<std::size_t>(size), 0);
  const auto blocks = backend().factor_blocks(uploaded(backend(), g_), groups, tolerance);
  ASSERT_EQ(blocks->rank(), 64) << "as many as a panel has columns";
  EXPECT_EQ(backend().factor_blocks(uploaded(backend(), DenseF64(size, size)), groups, tolerance)->rank(), 0);
}

}  // namespace
}  // namespace eigenlens::test
