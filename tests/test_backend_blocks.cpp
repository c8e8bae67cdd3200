// SPDX-License-Identifier: Apache-2.0
// The block-diagonal verbs on every backend: blocks are opaque, so the dense L_B is what they make of the identity.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "backend/transfer.hpp"
#include "eigenlens/pretext.hpp"
#include "solve/centre.hpp"
#include "support/backend_cases.hpp"
#include "support/dense_gram.hpp"
#include "support/tolerance.hpp"

namespace eigenlens::test {
namespace {

constexpr ImageShape image{.channels = 1, .height = 10, .width = 12};
/// Patches of 1, 9, 15, 16, 17 and 25 pixels, and smaller ones at the borders; one that is the image.
constexpr std::pair<int, int> patches[] = {{1, 1}, {3, 3}, {3, 5}, {4, 4}, {1, 12}, {5, 5}, {10, 12}};
/// On both sides of a panel of columns.
constexpr std::int64_t widths[] = {1, 2, 3, 63, 64, 65, 130};

constexpr int constants[] = {7, 8, 60, 119};
/// The second is the same as the first, or twice it.
constexpr std::pair<int, int> duplicates[] = {{0, 1}, {13, 14}, {26, 27}};

/// Varied pixels, two that are the same as a neighbour, one that is twice another's, and four constant ones.
Samples awkward_pixels() {
  Samples samples = random_pixels(image, 200, 3, backend_seed);
  for (std::int64_t n = 0; n < samples.count(); ++n) {
    double* x = samples.values.col(n);
    x[1] = x[0];
    x[14] = x[13];
    x[26] = std::floor(x[27] / 2), x[27] = 2 * x[26];
    for (const int constant : constants) x[constant] = 77;
  }
  return samples;
}

std::vector<std::int32_t> groups_of(std::pair<int, int> patch) {
  Pretext pretext;
  pretext.kind = PretextKind::mask;
  pretext.patch_height = patch.first;
  pretext.patch_width = patch.second;
  std::vector<std::int32_t> groups = mask_groups(pretext, image);
  for (const int constant : constants) groups[static_cast<std::size_t>(constant)] = -1;
  return groups;
}

DenseF64 identity(std::int64_t n) {
  DenseF64 a(n, n);
  for (std::int64_t i = 0; i < n; ++i) a(i, i) = 1;
  return a;
}

/// One block structure, its factor, and the dense arrays that the verbs make of the identity.
struct BlockProblem {
  std::vector<std::int32_t> groups;
  DenseF64 g;  ///< D × D
  double tolerance = 0;
  std::shared_ptr<const Blocks> blocks;
  std::int64_t rank = 0;                  ///< n_B
  DenseF64 l;                             ///< D × n_B: L_B
  DenseF64 inverse;                       ///< n_B × D: solve
  std::vector<std::int64_t> independent;  ///< n_B coordinates, ascending: those that solve reads
  DenseF64 square;                        ///< n_B × n_B: L_B on the independent rows

  /// The independent rows of a matrix of D rows.
  [[nodiscard]] DenseF64 rows(const DenseF64& a) const {
    DenseF64 part(static_cast<std::int64_t>(independent.size()), a.cols());
    for (std::int64_t j = 0; j < a.cols(); ++j)
      for (std::int64_t i = 0; i < part.rows(); ++i) part(i, j) = a(independent[static_cast<std::size_t>(i)], j);
    return part;
  }
  [[nodiscard]] DenseF64 b() const {
    DenseF64 all = g;
    for (std::int64_t j = 0; j < g.cols(); ++j)
      for (std::int64_t i = 0; i < g.rows(); ++i) {
        const std::int32_t gi = groups[static_cast<std::size_t>(i)], gj = groups[static_cast<std::size_t>(j)];
        if (gi != gj || gi < 0) all(i, j) = 0;
      }
    return all;
  }
};

class BackendBlocks : public BackendTest {
 protected:
  [[nodiscard]] DenseF64 apply(BlockOp op, const BlockProblem& p, const DenseF64& w) const {
    Matrix x = poisoned(op == BlockOp::solve ? p.rank : p.g.rows(), w.cols());
    backend().block_apply(op, *p.blocks, uploaded(backend(), w), x);
    return downloaded(backend(), x);
  }

  [[nodiscard]] BlockProblem problem(std::vector<std::int32_t> groups) const {
    const Moments moments = engine_moments(awkward_pixels());
    const Centring centring(moments);
    BlockProblem p;
    p.groups = std::move(groups);
    p.g = gram_of(centring);
    p.tolerance = centring.rank_tolerance();
    p.blocks = backend().factor_blocks(uploaded(backend(), p.g), p.groups, p.tolerance);
    p.rank = p.blocks->rank();
    p.l = apply(BlockOp::multiply, p, identity(p.rank));
    p.inverse = apply(BlockOp::solve, p, identity(p.g.rows()));
    for (std::int64_t i = 0; i < p.g.rows(); ++i)
      if (std::any_of(p.inverse.col(i), p.inverse.col(i) + p.rank, [](double value) { return value != 0; }))
        p.independent.push_back(i);
    p.square = p.rows(p.l);
    return p;
  }

  /// Every patch, named in the messages of what fails inside.
  template <class Check>
  void for_every_patch(Check check) const {
    for (const auto& patch : patches) {
      SCOPED_TRACE(::testing::Message() << "patch " << patch.first << " x " << patch.second);
      const BlockProblem p = problem(groups_of(patch));
      ASSERT_EQ(static_cast<std::int64_t>(p.independent.size()), p.rank) << "solve reads as many rows as it writes";
      check(p);
    }
  }
};
INSTANTIATE_TEST_SUITE_P(Every, BackendBlocks, ::testing::ValuesIn(backend_cases()), case_name);

TEST_P(BackendBlocks, FactorIsWhatItIsMadeOf) {
  for_every_patch([](const BlockProblem& p) {
    const DenseF64 b = p.b();
    EXPECT_TRUE(within(difference(naive_product('N', 'T', p.l, p.l), b),
                       rounding_bound(b.rows(), largest_entry(b)) + p.tolerance * largest_entry(b)));
    for (const int constant : constants)
      for (std::int64_t k = 0; k < p.rank; ++k) EXPECT_EQ(p.l(constant, k), 0);
  });
}

TEST_P(BackendBlocks, DuplicatePixelsInABlockGiveNoDirection) {
  std::int64_t deficient = 0;
  for_every_patch([&](const BlockProblem& p) {
    std::int64_t expected = p.g.rows() - static_cast<std::int64_t>(std::size(constants));
    for (const auto& [first, second] : duplicates)
      if (p.groups[static_cast<std::size_t>(first)] == p.groups[static_cast<std::size_t>(second)]) --expected;
    EXPECT_EQ(p.rank, expected);
    deficient += expected < 116 ? 1 : 0;
  });
  EXPECT_GT(deficient, 3);
}

/// A block of zeros, and group numbers with gaps between them.
TEST_P(BackendBlocks, ABlockOfZerosGivesNoDirection) {
  std::vector<std::int32_t> groups = groups_of({4, 4});
  for (std::int32_t& group : groups) group = group < 0 ? 5 : 3 * group + 20;
  const BlockProblem p = problem(groups);
  EXPECT_EQ(p.rank, problem(groups_of({4, 4})).rank);
  EXPECT_TRUE(within(difference(naive_product('N', 'T', p.l, p.l), p.b()),
                     rounding_bound(p.g.rows(), largest_entry(p.g)) + p.tolerance * largest_entry(p.g)));
}

TEST_P(BackendBlocks, Solve) {
  Draws draws(backend_seed);
  for_every_patch([&](const BlockProblem& p) {
    for (const std::int64_t cols : widths) {
      const DenseF64 w = random_matrix(p.g.rows(), cols, draws);
      const DenseF64 found = apply(BlockOp::solve, p, w);
      EXPECT_TRUE(within(difference(naive_product('N', 'N', p.square, found), p.rows(w)),
                         rounding_bound(p.rank, largest_entry(p.square) * largest_entry(found))))
          << cols << " columns";
    }
  });
}

TEST_P(BackendBlocks, SolveTransposed) {
  Draws draws(backend_seed);
  for_every_patch([&](const BlockProblem& p) {
    for (const std::int64_t cols : widths) {
      const DenseF64 u = random_matrix(p.rank, cols, draws);
      DenseF64 found = apply(BlockOp::solve_transposed, p, u);
      const DenseF64 used = p.rows(found);
      EXPECT_TRUE(within(difference(naive_product('T', 'N', p.square, used), u),
                         rounding_bound(p.rank, largest_entry(p.square) * largest_entry(used))))
          << cols << " columns";
      for (const std::int64_t i : p.independent)
        for (std::int64_t j = 0; j < cols; ++j) found(i, j) = 0;
      EXPECT_EQ(found, DenseF64(p.g.rows(), cols)) << "rows that are not independent must be zero";
    }
  });
}

/// ⟨L_B⁻¹w, u⟩ = ⟨w, L_B^{-T}u⟩ for every unit vector: one is the other's transpose.
TEST_P(BackendBlocks, SolveTransposedIsTheAdjointOfSolve) {
  for_every_patch([&](const BlockProblem& p) {
    const DenseF64 transposed = apply(BlockOp::solve_transposed, p, identity(p.rank));
    EXPECT_TRUE(
        within(difference(naive_product('T', 'N', transposed, identity(p.g.rows())), p.inverse),
               rounding_bound(p.rank, largest_entry(p.inverse) * largest_entry(p.inverse) * largest_entry(p.square))));
  });
}

TEST_P(BackendBlocks, Multiply) {
  Draws draws(backend_seed);
  for_every_patch([&](const BlockProblem& p) {
    for (const std::int64_t cols : widths) {
      const DenseF64 u = random_matrix(p.rank, cols, draws);
      const DenseF64 found = apply(BlockOp::multiply, p, u);
      EXPECT_TRUE(within(difference(found, naive_product('N', 'N', p.l, u)),
                         rounding_bound(p.rank, largest_entry(p.l) * largest_entry(u))))
          << cols << " columns";
      for (const int constant : constants) EXPECT_EQ(found(constant, cols - 1), 0);
    }
  });
}

TEST_P(BackendBlocks, Congruence) {
  for_every_patch([&](const BlockProblem& p) {
    Matrix k = poisoned(p.rank, p.rank);
    backend().block_congruence(*p.blocks, uploaded(backend(), p.g), k);
    const DenseF64 found = downloaded(backend(), k);
    DenseF64 expected(p.rank, p.rank);
    for (std::int64_t j = 0; j < p.rank; ++j)
      for (std::int64_t i = 0; i < p.rank; ++i)
        expected(i, j) = p.g(p.independent[static_cast<std::size_t>(i)], p.independent[static_cast<std::size_t>(j)]);
    const DenseF64 back = naive_product('N', 'T', naive_product('N', 'N', p.square, found), p.square);
    const double size = largest_entry(p.square);
    EXPECT_TRUE(within(difference(back, expected), rounding_bound(p.rank, size * size * largest_entry(found))));
  });
}

/// The verbs undo each other, whatever the loops above say: L_B⁻¹(L_B U) = U.
TEST_P(BackendBlocks, SolveUndoesMultiply) {
  Draws draws(backend_seed);
  for_every_patch([&](const BlockProblem& p) {
    const DenseF64 u = random_matrix(p.rank, 65, draws);
    const DenseF64 back = apply(BlockOp::solve, p, apply(BlockOp::multiply, p, u));
    EXPECT_TRUE(
        within(difference(back, u), rounding_bound(p.rank, largest_entry(p.square) * largest_entry(p.inverse))));
  });
}

}  // namespace
}  // namespace eigenlens::test
