// SPDX-License-Identifier: Apache-2.0
// Matrices on the host: zero when they are made, whatever the memory held before, and values that are copied and moved.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <new>
#include <stdexcept>
#include <utility>

#include "eigenlens/dense.hpp"

namespace eigenlens::test {
namespace {

template <class Scalar>
bool all_zero(const Dense<Scalar>& a) {
  return std::all_of(a.data(), a.data() + a.size(), [](Scalar value) { return value == Scalar{0}; });
}

template <class Scalar>
void expect_zero_in_used_memory(std::int64_t rows, std::int64_t cols) {
  for (int round = 0; round < 3; ++round) {
    Dense<Scalar> a(rows, cols);
    ASSERT_EQ(a.size(), rows * cols);
    EXPECT_TRUE(all_zero(a)) << rows << " x " << cols << ", round " << round;
    std::fill_n(a.data(), a.size(), Scalar{77});
  }
}

/// Pieces of the heap, and pieces with pages of their own.
TEST(Dense, IsZeroWhateverTheMemoryHeld) {
  for (const std::int64_t cols : {0, 1, 3, 100, 5'000, 600'000}) {
    expect_zero_in_used_memory<double>(7, cols);
    expect_zero_in_used_memory<std::int64_t>(7, cols);
    expect_zero_in_used_memory<std::uint8_t>(7, cols);
  }
}

TEST(Dense, CopiesAreValues) {
  DenseI64 a(3, 200'000);
  for (std::int64_t i = 0; i < a.size(); ++i) a.data()[i] = 3 * i + 1;
  DenseI64 b = a;
  EXPECT_TRUE(a == b);
  b(2, 199'999) = 0;
  EXPECT_FALSE(a == b);
  EXPECT_EQ(a(2, 199'999), 3 * 599'999 + 1);
  b = a;
  EXPECT_TRUE(a == b);
  EXPECT_FALSE(a == DenseI64(200'000, 3)) << "the same number of entries, another shape";
}

/// A smaller matrix in a larger one's memory is the smaller one.
TEST(Dense, AssignmentToALargerOneLeavesNothingOfIt) {
  DenseF64 large(100, 100), small(2, 2);
  std::fill_n(large.data(), large.size(), 5.0);
  small(1, 1) = 3;
  large = small;
  EXPECT_TRUE(large == small);
  large = DenseF64(100, 100);
  EXPECT_TRUE(all_zero(large));
}

TEST(Dense, MovesTakeTheMemory) {
  DenseF64 a(400, 500);
  a(399, 499) = 2;
  const double* memory = a.data();
  DenseF64 b = std::move(a);
  EXPECT_EQ(b.data(), memory);
  DenseF64 c;
  c = std::exchange(b, DenseF64(400, 500));
  EXPECT_EQ(c.data(), memory);
  EXPECT_EQ(c(399, 499), 2);
  EXPECT_TRUE(all_zero(b));
}

TEST(Dense, MoreThanThereIsIsAnException) {
  EXPECT_THROW(DenseF64(std::int64_t{1} << 28, std::int64_t{1} << 28), std::bad_alloc);     // 2^59 bytes
  EXPECT_THROW(DenseF64(std::int64_t{1} << 31, std::int64_t{1} << 31), std::length_error);  // 2^65 bytes
}

}  // namespace
}  // namespace eigenlens::test
