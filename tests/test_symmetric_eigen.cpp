// SPDX-License-Identifier: Apache-2.0
// The CPU's eigensolver around the block width of its back-transformation, and the host's threads under it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <stdexcept>

#include "backend/cpu/symmetric_eigen.hpp"
#include "eigenlens/error.hpp"
#include "host/lapack.hpp"
#include "host/parallel.hpp"
#include "support/backend_cases.hpp"
#include "support/tolerance.hpp"

namespace eigenlens::test {
namespace {

struct Decomposition {
  std::vector<double> values;
  DenseF64 vectors;
  std::string routine;
};

Decomposition decompose(DenseF64 a, CpuEigensolver solver = CpuEigensolver::relatively_robust) {
  Decomposition d{.values = {}, .vectors = poisoned_above(DenseF64(a.rows(), a.cols())), .routine = {}};
  a = poisoned_above(std::move(a));
  const SolveStatus status = symmetric_eigen(a.rows(), a.data(), d.vectors.data(), d.values, solver);
  EXPECT_TRUE(status.ok) << status.detail;
  EXPECT_EQ(status.accuracy,
            a.rows() > 1 && solver == CpuEigensolver::divide_and_conquer ? Accuracy::absolute : Accuracy::graded);
  d.routine = status.routine;
  return d;
}

void expect_decomposition(const DenseF64& a, const Decomposition& d) {
  const std::int64_t n = a.rows();
  ASSERT_EQ(static_cast<std::int64_t>(d.values.size()), n);
  const double norm = frobenius(a);
  EXPECT_TRUE(within(difference(naive_product('N', 'N', a, d.vectors), scaled_columns(d.vectors, d.values)),
                     residual_bound(n, norm, norm, 1, 1)));
  DenseF64 identity(n, n);
  for (std::int64_t i = 0; i < n; ++i) identity(i, i) = 1;
  EXPECT_TRUE(within(difference(naive_product('T', 'N', d.vectors, d.vectors), identity), orthogonality_bound(n, 1)));
  EXPECT_TRUE(std::is_sorted(d.values.rbegin(), d.values.rend())) << "not descending";
}

TEST(SymmetricEigen, OrdersAroundTheBlockWidth) {
  Draws draws(backend_seed);
  for (const std::int64_t n : {1, 2, 3, 127, 128, 129, 130, 257, 258, 300}) {
    SCOPED_TRACE(::testing::Message() << "order " << n << ", seed " << backend_seed);
    const DenseF64 a = random_symmetric(n, draws);
    const Decomposition d = decompose(a);
    expect_decomposition(a, d);
    EXPECT_EQ(d.routine, n == 1 ? "none" : "dsytrd+dstemr");
    const Decomposition other = decompose(a, CpuEigensolver::divide_and_conquer);
    expect_decomposition(a, other);
    EXPECT_EQ(other.routine, n == 1 ? "none" : "dsytrd+dstedc");
  }
}

TEST(SymmetricEigen, NothingToDo) {
  std::vector<double> values = {1, 2};
  EXPECT_EQ(symmetric_eigen(0, nullptr, nullptr, values).routine, "none");
  EXPECT_TRUE(values.empty());
}

/// Every reflector is the identity: τ = 0.
TEST(SymmetricEigen, ZeroAndIdentity) {
  for (const std::int64_t n : {2, 3, 129, 300}) {
    SCOPED_TRACE(::testing::Message() << "order " << n);
    DenseF64 a(n, n);
    Decomposition d = decompose(a);
    expect_decomposition(a, d);
    EXPECT_EQ(d.values, std::vector<double>(static_cast<std::size_t>(n), 0));
    for (std::int64_t i = 0; i < n; ++i) a(i, i) = 1;
    d = decompose(a);
    expect_decomposition(a, d);
    EXPECT_EQ(d.values, std::vector<double>(static_cast<std::size_t>(n), 1));
  }
}

/// Some reflectors are the identity and others are not: two blocks that do not touch.
TEST(SymmetricEigen, BlocksThatDoNotTouch) {
  Draws draws(backend_seed);
  DenseF64 a = random_symmetric(300, draws);
  for (std::int64_t j = 0; j < 300; ++j)
    for (std::int64_t i = 0; i < 300; ++i)
      if ((i < 140) != (j < 140)) a(i, j) = 0;
  expect_decomposition(a, decompose(a));
}

TEST(SymmetricEigen, RefusesBeyondTheLimitBeforeItAllocates) {
  std::vector<double> values;
  for (const std::int64_t n : {symmetric_eigen_largest + 1, std::int64_t{2'000'000'000}}) {
    try {
      symmetric_eigen(n, nullptr, nullptr, values);
      ADD_FAILURE() << "accepted " << n;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::usage);
      EXPECT_THAT(error.what(), ::testing::HasSubstr(std::to_string(symmetric_eigen_largest)));
    }
    EXPECT_EQ(values.capacity(), 0U) << "allocated for a problem that is refused";
  }
}

TEST(ParallelFor, EveryIndexOnce) {
  for (const int threads : {1, 2, 7})
    for (const std::int64_t count : {0, 1, 2, 3, 1000}) {
      std::vector<std::atomic<int>> seen(static_cast<std::size_t>(count));
      parallel_for(threads, count, [&](std::int64_t i) { ++seen[static_cast<std::size_t>(i)]; });
      for (const auto& times : seen) EXPECT_EQ(times, 1) << threads << " threads, " << count << " items";
    }
}

TEST(ParallelFor, NoItemsNoCall) {
  parallel_for(4, 0, [](std::int64_t) { FAIL(); });
  parallel_for(4, -3, [](std::int64_t) { FAIL(); });
}

TEST(ParallelFor, RethrowsAndStops) {
  for (const int threads : {1, 2, 7}) {
    std::atomic<std::int64_t> calls = 0;
    const auto work = [&](std::int64_t i) {
      ++calls;
      if (i == 3) throw std::runtime_error("item 3");
      if (i > 3) throw std::logic_error("a later item");
    };
    try {
      parallel_for(threads, 1000, work);
      ADD_FAILURE() << "nothing was thrown";
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), "item 3");
    } catch (const std::logic_error&) {
      EXPECT_GT(threads, 1) << "one thread meets item 3 first";
    }
    EXPECT_LE(calls, 4 + threads) << "handed out more after the failure";
  }
}

TEST(ThreadScope, RestoresTheNumberOfThreads) {
  const lapack::Table& blas = lapack::table();
  const int before = blas.get_num_threads();
  {
    const lapack::ThreadScope two(2);
    EXPECT_EQ(blas.get_num_threads(), 2);
    {
      const lapack::ThreadScope one(1);
      EXPECT_EQ(blas.get_num_threads(), 1);
    }
    EXPECT_EQ(blas.get_num_threads(), 2);
    EXPECT_THROW(
        {
          const lapack::ThreadScope one(1);
          throw std::runtime_error("on the way");
        },
        std::runtime_error);
    EXPECT_EQ(blas.get_num_threads(), 2);
  }
  EXPECT_EQ(blas.get_num_threads(), before);
}

}  // namespace
}  // namespace eigenlens::test
