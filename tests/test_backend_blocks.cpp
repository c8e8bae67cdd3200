// SPDX-License-Identifier: Apache-2.0
// The block-diagonal verbs on every backend against the dense L_B that the factor stands for.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "backend/transfer.hpp"
#include "eigenlens/pretext.hpp"
#include "solve/block_factor.hpp"
#include "support/backend_cases.hpp"
#include "support/tolerance.hpp"

namespace eigenlens::test {
namespace {

class BackendBlocks : public BackendTest {};
INSTANTIATE_TEST_SUITE_P(Every, BackendBlocks, ::testing::ValuesIn(backend_cases()), case_name);

constexpr ImageShape image{.channels = 1, .height = 10, .width = 12};
/// Patches of 1, 9, 15, 16, 17 and 25 pixels, and smaller ones at the borders; one that is the image.
constexpr std::pair<int, int> patches[] = {{1, 1}, {3, 3}, {3, 5}, {4, 4}, {1, 12}, {5, 5}, {10, 12}};
/// On both sides of a panel of columns.
constexpr std::int64_t widths[] = {1, 2, 3, 63, 64, 65, 130};

/// Varied pixels, two that are the same as a neighbour, one that is twice another's, and four constant ones.
Samples awkward_pixels() {
  Samples samples = random_pixels(image, 200, 3, backend_seed);
  for (std::int64_t n = 0; n < samples.count(); ++n) {
    double* x = samples.values.col(n);
    x[1] = x[0];
    x[14] = x[13];
    x[26] = std::floor(x[27] / 2), x[27] = 2 * x[26];
    for (const int constant : {7, 8, 60, 119}) x[constant] = 77;
  }
  return samples;
}

/// One block structure, its factor and the dense arrays that define what is right.
struct BlockProblem {
  BlockProblem(std::pair<int, int> patch, int threads)
      : moments(engine_moments(awkward_pixels())),
        centring(moments),
        members(group_members(groups_of(patch), centring)),
        blocks(factor_blocks(members, centring, threads)),
        dense(centring.dimension(), blocks.rank) {
    for (std::size_t g = 0; g + 1 < blocks.row_begin.size(); ++g) {
      const std::int64_t size = blocks.row_begin[g + 1] - blocks.row_begin[g];
      const std::int64_t rank = blocks.rank_begin[g + 1] - blocks.rank_begin[g];
      for (std::int64_t i = 0; i < size; ++i) {
        const std::int64_t coordinate = blocks.index[static_cast<std::size_t>(blocks.row_begin[g] + i)];
        if (i < rank) independent.push_back(coordinate);
        for (std::int64_t k = 0; k < rank; ++k)
          dense(coordinate, blocks.rank_begin[g] + k) =
              blocks.values[static_cast<std::size_t>(blocks.value_begin[g] + i + k * size)];
      }
    }
    square = rows(dense);
  }

  static std::vector<std::int32_t> groups_of(std::pair<int, int> patch) {
    Pretext pretext;
    pretext.kind = PretextKind::mask;
    pretext.patch_height = patch.first;
    pretext.patch_width = patch.second;
    return mask_groups(pretext, image);
  }
  /// The independent rows of a matrix of D rows.
  [[nodiscard]] DenseF64 rows(const DenseF64& a) const {
    DenseF64 part(blocks.rank, a.cols());
    for (std::int64_t j = 0; j < a.cols(); ++j)
      for (std::int64_t i = 0; i < blocks.rank; ++i) part(i, j) = a(independent[static_cast<std::size_t>(i)], j);
    return part;
  }

  Moments moments;
  Centring centring;
  GroupMembers members;
  BlockFactor blocks;
  DenseF64 dense;                         ///< D × n_B: L_B
  std::vector<std::int64_t> independent;  ///< n_B: the coordinate of every direction
  DenseF64 square;                        ///< n_B × n_B: L_B on the independent rows
};

/// Every patch, named in the messages of what fails inside.
template <class Check>
void for_every_patch(int threads, Check check) {
  for (const auto& patch : patches) {
    SCOPED_TRACE(::testing::Message() << "patch " << patch.first << " x " << patch.second);
    check(BlockProblem(patch, threads));
  }
}

TEST(BlockFactor, IsWhatItIsMadeOf) {
  for_every_patch(2, [](const BlockProblem& p) {
    const std::int64_t d = p.centring.dimension();
    DenseF64 b(d, d);
    for (const std::vector<std::int64_t>& group : p.members)
      for (const std::int64_t i : group)
        for (const std::int64_t j : group) b(i, j) = p.centring.gram(i, j);
    EXPECT_TRUE(within(difference(naive_product('N', 'T', p.dense, p.dense), b),
                       rounding_bound(d, largest_entry(b)) + p.centring.rank_tolerance() * largest_entry(b)));
    EXPECT_EQ(lower_triangle(p.square), p.square);
    EXPECT_EQ(p.blocks.rows, d - 4) << "the constant pixels belong to no block";
    for (const std::int64_t constant : {7, 8, 60, 119})
      for (std::int64_t k = 0; k < p.blocks.rank; ++k) EXPECT_EQ(p.dense(constant, k), 0);
  });
}

TEST(BlockFactor, DuplicatePixelsInABlockGiveNoDirection) {
  EXPECT_EQ(BlockProblem({1, 1}, 2).blocks.rank, 116) << "alone in its block, every pixel that varies counts";
  EXPECT_EQ(BlockProblem({10, 12}, 2).blocks.rank, 113);
  EXPECT_EQ(BlockProblem({5, 5}, 2).blocks.rank, 113);
}

TEST(BlockFactor, RanksLieOnBothSidesOfSixteen) {
  std::int64_t below = 0, at_least = 0, deficient = 0;
  for_every_patch(2, [&](const BlockProblem& p) {
    for (std::size_t g = 0; g + 1 < p.blocks.row_begin.size(); ++g) {
      const std::int64_t rank = p.blocks.rank_begin[g + 1] - p.blocks.rank_begin[g];
      ++(rank < 16 ? below : at_least);
      deficient += rank < p.blocks.row_begin[g + 1] - p.blocks.row_begin[g] ? 1 : 0;
    }
  });
  EXPECT_GT(below, 0);
  EXPECT_GT(at_least, 0);
  EXPECT_GT(deficient, 0);
}

TEST_P(BackendBlocks, Solve) {
  Draws draws(backend_seed);
  for_every_patch(GetParam().threads, [&](const BlockProblem& p) {
    for (const std::int64_t cols : widths) {
      const DenseF64 w = random_matrix(p.centring.dimension(), cols, draws);
      Matrix x = poisoned(p.blocks.rank, cols);
      backend().block_solve(p.blocks, uploaded(backend(), w), x);
      const DenseF64 found = downloaded(backend(), x);
      EXPECT_TRUE(within(difference(naive_product('N', 'N', p.square, found), p.rows(w)),
                         rounding_bound(p.blocks.rank, largest_entry(p.square) * largest_entry(found))))
          << cols << " columns";
    }
  });
}

TEST_P(BackendBlocks, SolveTransposed) {
  Draws draws(backend_seed);
  for_every_patch(GetParam().threads, [&](const BlockProblem& p) {
    for (const std::int64_t cols : widths) {
      const DenseF64 u = random_matrix(p.blocks.rank, cols, draws);
      Matrix v = poisoned(p.centring.dimension(), cols);
      backend().block_solve_transposed(p.blocks, uploaded(backend(), u), v);
      DenseF64 found = downloaded(backend(), v);
      const DenseF64 used = p.rows(found);
      EXPECT_TRUE(within(difference(naive_product('T', 'N', p.square, used), u),
                         rounding_bound(p.blocks.rank, largest_entry(p.square) * largest_entry(used))))
          << cols << " columns";
      for (const std::int64_t i : p.independent)
        for (std::int64_t j = 0; j < cols; ++j) found(i, j) = 0;
      EXPECT_EQ(found, DenseF64(p.centring.dimension(), cols)) << "rows that are not independent must be zero";
    }
  });
}

TEST_P(BackendBlocks, Multiply) {
  Draws draws(backend_seed);
  for_every_patch(GetParam().threads, [&](const BlockProblem& p) {
    for (const std::int64_t cols : widths) {
      const DenseF64 u = random_matrix(p.blocks.rank, cols, draws);
      Matrix q = poisoned(p.centring.dimension(), cols);
      backend().block_multiply(p.blocks, uploaded(backend(), u), q);
      const DenseF64 found = downloaded(backend(), q);
      EXPECT_TRUE(within(difference(found, naive_product('N', 'N', p.dense, u)),
                         rounding_bound(p.blocks.rank, largest_entry(p.dense) * largest_entry(u))))
          << cols << " columns";
      for (const std::int64_t constant : {7, 8, 60, 119}) EXPECT_EQ(found(constant, cols - 1), 0);
    }
  });
}

TEST_P(BackendBlocks, Congruence) {
  for_every_patch(GetParam().threads, [&](const BlockProblem& p) {
    const DenseF64 g = p.centring.gram();
    Matrix k = poisoned(p.blocks.rank, p.blocks.rank);
    backend().block_congruence(p.blocks, uploaded(backend(), g), k);
    const DenseF64 found = downloaded(backend(), k);
    DenseF64 expected(p.blocks.rank, p.blocks.rank);
    for (std::int64_t j = 0; j < expected.cols(); ++j)
      for (std::int64_t i = 0; i < expected.rows(); ++i)
        expected(i, j) = g(p.independent[static_cast<std::size_t>(i)], p.independent[static_cast<std::size_t>(j)]);
    const DenseF64 back = naive_product('N', 'T', naive_product('N', 'N', p.square, found), p.square);
    const double size = largest_entry(p.square);
    EXPECT_TRUE(within(difference(back, expected), rounding_bound(p.blocks.rank, size * size * largest_entry(found))));
  });
}

/// The verbs undo each other, whatever the loops above say: L_B⁻¹(L_B U) = U.
TEST_P(BackendBlocks, SolveUndoesMultiply) {
  Draws draws(backend_seed);
  for_every_patch(GetParam().threads, [&](const BlockProblem& p) {
    const DenseF64 u = random_matrix(p.blocks.rank, 65, draws);
    Matrix q = poisoned(p.centring.dimension(), 65), back = poisoned(p.blocks.rank, 65);
    backend().block_multiply(p.blocks, uploaded(backend(), u), q);
    backend().block_solve(p.blocks, q, back);
    double smallest = p.square(0, 0);
    for (std::int64_t i = 0; i < p.blocks.rank; ++i) smallest = std::min(smallest, p.square(i, i));
    EXPECT_TRUE(within(difference(downloaded(backend(), back), u),
                       rounding_bound(p.blocks.rank, largest_entry(p.square) / smallest)));
  });
}

}  // namespace
}  // namespace eigenlens::test
