// SPDX-License-Identifier: Apache-2.0
// The routes of the device's eigenproblems, and what becomes of solvers that fail: on the simulated device, which fails
// when it is told to. That the answers are right is tested with every backend (test_backend_eigen.cpp).
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>

#include "backend/cuda/eigen_choice.hpp"
#include "backend/transfer.hpp"
#include "eigenlens/error.hpp"
#include "kernels/twisted_vectors.hpp"
#include "support/backend_cases.hpp"
#include "support/moved.hpp"
#include "support/planted_matrix.hpp"
#include "support/simulator_hooks.hpp"
#include "support/tolerance.hpp"

namespace eigenlens::test {
namespace {

using cuda::EigenRoute;

TEST(EigenChoice, SmallProblemsTogetherLargeOnesOnStreams) {
  EXPECT_EQ(cuda::choose_route(EigenRoute::by_size, 512, 2), EigenRoute::batched);
  EXPECT_EQ(cuda::choose_route(EigenRoute::by_size, 512, 1), EigenRoute::streams);
  EXPECT_EQ(cuda::choose_route(EigenRoute::by_size, 3072, 30), EigenRoute::streams);
  EXPECT_EQ(cuda::choose_route(EigenRoute::batched, 3072, 30), EigenRoute::batched);
  EXPECT_EQ(cuda::choose_route(EigenRoute::one_by_one, 33, 30), EigenRoute::one_by_one);
  EXPECT_EQ(cuda::choose_route(EigenRoute::batched, 46'341, 2), EigenRoute::streams) << "not one fits the library";
}

TEST(EigenChoice, BatchesStayBelowTheLibrarysLimit) {
  for (const std::int64_t n : {1, 33, 784, 3072, 12'288, 46'340}) {
    const std::int64_t batch = cuda::largest_batch(n);
    EXPECT_GE(batch, 1) << "order " << n;
    EXPECT_LE(batch * n * n, 2'147'483'647) << "order " << n;
  }
  EXPECT_EQ(cuda::largest_batch(12'288), 14);
  EXPECT_EQ(cuda::best_lanes(EigenRoute::batched, 12'288, 100), 14);
  EXPECT_EQ(cuda::best_lanes(EigenRoute::streams, 12'288, 100), cuda::most_lanes);
  EXPECT_EQ(cuda::best_lanes(EigenRoute::streams, 12'288, 3), 3);
}

TEST(EigenChoice, OrdersThatTheLibrarySurvives) {
  EXPECT_EQ(cuda::largest_order_of(SolveMode::standard, 11'704), 25'000);
  EXPECT_EQ(cuda::largest_order_of(SolveMode::standard, 12'004), 46'340);
  EXPECT_EQ(cuda::largest_order_of(SolveMode::accurate, 12'004), 18'900);
}

/// Each lane a diagonal matrix: its values are its eigenvalues.
class CudaEigen : public BackendTest {
 protected:
  /// The next call of the routine returns this info.
  void spoil(const char* routine, int info) {
    if (!hooks_) hooks_ = std::make_unique<SimulatorHooks>();
    hooks_->info(routine, 0, info);
  }

  struct Solved {
    std::vector<SolveStatus> status;
    std::vector<std::vector<double>> values;
    std::vector<Matrix> z;
  };
  [[nodiscard]] Solved solve(const std::vector<std::vector<double>>& diagonals) const {
    std::vector<DenseF64> host;
    for (const std::vector<double>& diagonal : diagonals) {
      const auto n = static_cast<std::int64_t>(diagonal.size());
      host.emplace_back(n, n);
      for (std::int64_t i = 0; i < n; ++i) host.back()(i, i) = diagonal[static_cast<std::size_t>(i)];
    }
    std::vector<Matrix> a = uploaded_lanes(host);
    Solved solved{{}, std::vector<std::vector<double>>(a.size()), poisoned_lanes(a.size(), a[0].rows(), a[0].rows())};
    solved.status = backend().eigh(a, solved.z, solved.values);
    return solved;
  }
  void expect_solved(const std::vector<std::vector<double>>& diagonals, const Solved& solved) const {
    for (std::size_t l = 0; l < diagonals.size(); ++l) {
      SCOPED_TRACE(::testing::Message() << "lane " << l);
      ASSERT_TRUE(solved.status[l].ok) << solved.status[l].detail;
      std::vector<double> expected = diagonals[l];
      std::sort(expected.rbegin(), expected.rend());
      ASSERT_EQ(solved.values[l].size(), expected.size());
      for (std::size_t k = 0; k < expected.size(); ++k)
        EXPECT_TRUE(within(std::fabs(solved.values[l][k] - expected[k]), rounding_bound(1, expected[0])));
      const DenseF64 z = downloaded(backend(), solved.z[l]);
      for (std::int64_t j = 0; j < z.cols(); ++j) {
        const auto largest = std::max_element(z.col(j), z.col(j) + z.rows(),
                                              [](double a, double b) { return std::fabs(a) < std::fabs(b); });
        EXPECT_NEAR(std::fabs(*largest), 1, 1e-12) << "vector " << j;
        EXPECT_EQ(diagonals[l][static_cast<std::size_t>(largest - z.col(j))], expected[static_cast<std::size_t>(j)]);
      }
    }
  }
  [[nodiscard]] static std::vector<std::vector<double>> random_diagonals(std::size_t lanes, std::int64_t n) {
    Draws draws(backend_seed);
    std::vector<std::vector<double>> all;
    for (std::size_t l = 0; l < lanes; ++l) all.push_back(random_weights(n, draws));
    return all;
  }

 private:
  std::unique_ptr<SimulatorHooks> hooks_;
};
INSTANTIATE_TEST_SUITE_P(Simulated, CudaEigen, ::testing::Values(BackendCase{"cuda", 2, Hardware::simulated}),
                         case_name);

TEST_P(CudaEigen, RoutesByOrderAndNumber) {
  for (const auto& [lanes, n, routine] : {std::tuple<std::size_t, std::int64_t, const char*>{1, 5, "cusolverDnXsyevd"},
                                          {20, 5, "cusolverDnXsyevBatched"},
                                          {70, 2, "cusolverDnXsyevBatched"},
                                          {10, 513, "cusolverDnXsyevd"}}) {
    SCOPED_TRACE(::testing::Message() << lanes << " lanes of order " << n);
    const auto diagonals = random_diagonals(lanes, n);
    const Solved solved = solve(diagonals);
    for (const SolveStatus& status : solved.status) {
      EXPECT_EQ(status.routine, routine);
      EXPECT_EQ(status.accuracy, Accuracy::absolute);
    }
    expect_solved(diagonals, solved);
  }
}

TEST_P(CudaEigen, AFailureOfTheBatchedRoutineFallsBackAndSaysSo) {
  const auto diagonals = random_diagonals(3, 33);
  spoil("cusolverDnXsyevBatched", 3);
  const Solved solved = solve(diagonals);
  expect_solved(diagonals, solved);
  EXPECT_EQ(solved.status[0].routine, "cusolverDnXsyevd after cusolverDnXsyevBatched failed (info 3)");
  EXPECT_EQ(solved.status[1].routine, "cusolverDnXsyevBatched");
}

TEST_P(CudaEigen, WhatDoesNotConvergeIsAStatus) {
  spoil("cusolverDnXsyevd", 5);
  const Solved solved = solve(random_diagonals(1, 33));
  EXPECT_FALSE(solved.status[0].ok);
  EXPECT_EQ(solved.status[0].detail,
            "the eigenproblem of order 33 did not converge: cusolverDnXsyevd left 5 off-diagonal entries");
  spoil("cusolverDnXsyevd", -4);
  EXPECT_EQ(solve(random_diagonals(1, 33)).status[0].detail, "cusolverDnXsyevd of order 33 refused its argument 4");
}

TEST_P(CudaEigen, TheOtherLanesOfABatchGoOn) {
  auto diagonals = random_diagonals(4, 7);
  diagonals[0][3] = std::nan("");
  diagonals[2].assign(7, 0);
  const Solved solved = solve(diagonals);
  EXPECT_FALSE(solved.status[0].ok);
  EXPECT_EQ(solved.status[0].detail, "the matrix of order 7 is not finite");
  EXPECT_EQ(solved.status[2].routine, "none") << "the zero matrix";
  const DenseF64 z = downloaded(backend(), solved.z[2]);
  for (std::int64_t j = 0; j < 7; ++j)
    for (std::int64_t i = 0; i < 7; ++i) EXPECT_EQ(z(i, j), i == j ? 1 : 0);
  expect_solved({diagonals[1]}, {{solved.status[1]}, {solved.values[1]}, {solved.z[1]}});
  expect_solved({diagonals[3]}, {{solved.status[3]}, {solved.values[3]}, {solved.z[3]}});
}

TEST_P(CudaEigen, RoomOnTheHostIsKnownBeforehand) {
  for (const SolveMode mode : {SolveMode::standard, SolveMode::accurate}) {
    EXPECT_EQ(backend().solver_host_bytes(0, mode), 0);
    EXPECT_GT(backend().solver_host_bytes(100, mode), 0);
    EXPECT_LT(backend().solver_host_bytes(100, mode), backend().solver_host_bytes(2000, mode));
  }
}

TEST_P(CudaEigen, MoreLanesThanStreams) {
  Draws draws(backend_seed);
  const std::size_t lanes = 3 * static_cast<std::size_t>(cuda::most_lanes) + 1;
  const DenseF64 f = random_matrix(9, 4, draws);
  std::vector<Matrix> a = poisoned_lanes(lanes, 9, 4), z = poisoned_lanes(lanes, 4, 4);
  std::vector<std::vector<double>> weights(lanes), values(lanes);
  for (std::size_t l = 0; l < lanes; ++l) weights[l].assign(4, static_cast<double>(l + 1));
  const std::vector<SolveStatus> status = backend().svd(uploaded(backend(), f), weights, a, z, values);
  for (std::size_t l = 0; l < lanes; ++l) {
    ASSERT_TRUE(status[l].ok) << status[l].detail;
    const auto square = static_cast<double>((l + 1) * (l + 1));
    for (std::size_t k = 0; k < 4; ++k)
      EXPECT_TRUE(within(std::fabs(values[l][k] - square * values[0][k]), rounding_bound(9, values[l][0])));
  }
}

/// The same with our own solver for all lanes.
class TridiagonalRoute : public CudaEigen {};
INSTANTIATE_TEST_SUITE_P(Own, TridiagonalRoute,
                         ::testing::Values(BackendCase{"cuda", 2, Hardware::real, "tridiagonal"},
                                           BackendCase{"cuda", 2, Hardware::simulated, "tridiagonal"}),
                         case_name);

/// Eigenvalues of many decades in a dense matrix that is graded from its large end.
DenseF64 graded_matrix(std::int64_t n, double decades, Draws& draws) {
  const DenseF64 core = random_lower(n, draws);
  DenseF64 a = naive_product('N', 'T', core, core);
  for (std::int64_t j = 0; j < n; ++j)
    for (std::int64_t i = j; i < n; ++i)
      a(i, j) *= std::pow(10.0, -decades * static_cast<double>(i + j) / static_cast<double>(2 * n));
  for (std::int64_t j = 0; j < n; ++j)
    for (std::int64_t i = 0; i < j; ++i) a(i, j) = a(j, i);
  return a;
}

class TridiagonalSolutions : public TridiagonalRoute {
 protected:
  /// Solved by our own solver, to the last eigenvalue's own precision.
  void expect_own_solutions(const std::vector<DenseF64>& host) const {
    const std::int64_t n = host[0].rows();
    std::vector<Matrix> a = uploaded_lanes(host), z = poisoned_lanes(host.size(), n, n);
    std::vector<std::vector<double>> values(host.size());
    const std::vector<SolveStatus> status = backend().eigh(a, z, values);
    DenseF64 identity(n, n);
    for (std::int64_t i = 0; i < n; ++i) identity(i, i) = 1;
    for (std::size_t l = 0; l < host.size(); ++l) {
      SCOPED_TRACE(::testing::Message() << "lane " << l << " of order " << n);
      ASSERT_TRUE(status[l].ok) << status[l].detail;
      EXPECT_EQ(status[l].routine, "reduction+bisection+twisted");
      EXPECT_EQ(status[l].accuracy, Accuracy::graded);
      const DenseF64 found = downloaded(backend(), z[l]);
      const double norm = frobenius(host[l]);
      EXPECT_TRUE(within(difference(naive_product('N', 'N', host[l], found), scaled_columns(found, values[l])),
                         residual_bound(n, norm, norm, 1, 1)));
      EXPECT_TRUE(within(difference(naive_product('T', 'N', found, found), identity), orthogonality_bound(n, 1)));
    }
  }
};
INSTANTIATE_TEST_SUITE_P(Own, TridiagonalSolutions,
                         ::testing::Values(BackendCase{"cuda", 2, Hardware::real, "tridiagonal"},
                                           BackendCase{"cuda", 2, Hardware::simulated, "tridiagonal"}),
                         case_name);

TEST_P(TridiagonalSolutions, OfManyPanelsTilesAndBlocks) {
  Draws draws(backend_seed);
  // Ten panels, five tiles, three blocks of reflectors, two products an update.
  expect_own_solutions({graded_matrix(300, 0, draws), graded_matrix(300, 4, draws), graded_matrix(300, 8, draws)});
}

TEST_P(TridiagonalSolutions, OfMoreLanesThanStreams) {
  Draws draws(backend_seed);
  std::vector<DenseF64> host;
  for (std::int64_t l = 0; l < cuda::most_lanes + 3; ++l)
    host.push_back(graded_matrix(33, static_cast<double>(l), draws));
  expect_own_solutions(host);
}

TEST_P(TridiagonalSolutions, OfMoreVectorsThanAreMadeAtOnce) {
  if (GetParam().hardware == Hardware::simulated) GTEST_SKIP() << "takes minutes on the simulated device";
  Draws draws(backend_seed);
  expect_own_solutions({graded_matrix(1100, 6, draws)});
}

/// Pairs on both sides of the distance from which on vectors are not made orthogonal.
TEST_P(TridiagonalSolutions, OfPairsNearTheEdgeOfAClusterAreOrthogonal) {
  Draws draws(backend_seed);
  for (const std::int64_t n : {16, 33, 64, 129})
    for (const double distance : {0.5, 1.2, 5.0}) {
      std::vector<double> values;
      for (std::int64_t k = 0; k < n; ++k)
        values.push_back((1 + static_cast<double>(k / 2)) * (k % 2 == 0 ? 1 : 1 + distance * kernels::cluster_gap(n)));
      expect_own_solutions({with_values(values, draws)});
    }
}

TEST_P(TridiagonalRoute, IndefiniteMatricesAreShiftedAndSaySo) {
  Draws draws(backend_seed);
  std::vector<double> diagonal = random_weights(9, draws);
  diagonal[4] = -2;
  const Solved solved = solve({diagonal});
  EXPECT_EQ(solved.status[0].routine, "reduction+bisection+twisted");
  EXPECT_EQ(solved.status[0].accuracy, Accuracy::absolute);
  expect_solved({diagonal}, solved);
}

TEST_P(TridiagonalRoute, SmallClustersAreMadeOrthogonal) {
  std::vector<double> diagonal(40);
  for (std::size_t i = 0; i < diagonal.size(); ++i)
    diagonal[i] = i < 20 ? 3 + 1e-6 * static_cast<double>(i) : 1 + static_cast<double>(i);
  const Solved solved = solve({diagonal});
  EXPECT_EQ(solved.status[0].routine, "reduction+bisection+twisted");
  expect_solved({diagonal}, solved);
}

TEST_P(TridiagonalRoute, LargeClustersGoToTheLibraryLaneByLane) {
  Draws draws(backend_seed);
  const std::vector<double> ones(70, 1), mixed = random_weights(70, draws);
  const Solved solved = solve({mixed, ones, mixed});
  EXPECT_EQ(solved.status[0].routine, "reduction+bisection+twisted");
  EXPECT_EQ(solved.status[1].routine, "reduction+cusolverDnXsyevd (70 vectors not to be had by themselves)");
  EXPECT_EQ(solved.status[1].accuracy, Accuracy::absolute);
  EXPECT_EQ(solved.status[2].routine, "reduction+bisection+twisted");
  expect_solved({mixed}, {{solved.status[2]}, {solved.values[2]}, {solved.z[2]}});
  for (const double value : solved.values[1]) EXPECT_NEAR(value, 1, 1e-14);
  if (GetParam().hardware == Hardware::real) return;
  spoil("cusolverDnXsyevd", 5);
  const Solved failed = solve({ones});
  EXPECT_FALSE(failed.status[0].ok);
}

TEST_P(TridiagonalRoute, SizesNearTheEndsOfFloat64GoToTheLibrary) {
  Draws draws(backend_seed);
  for (const double size : {1e-120, 1e-90, 1e90, 1e120}) {
    SCOPED_TRACE(::testing::Message() << "entries of " << size);
    std::vector<double> diagonal = random_weights(33, draws);
    for (double& value : diagonal) value *= size;
    const Solved solved = solve({diagonal});
    EXPECT_EQ(solved.status[0].routine,
              size == 1e-90 || size == 1e90 ? "reduction+bisection+twisted" : "cusolverDnXsyevd");
    expect_solved({diagonal}, solved);
  }
}

TEST_P(TridiagonalRoute, TwiceTheSameBits) {
  Draws draws(backend_seed);
  const DenseF64 host = graded_matrix(129, 8, draws);
  std::vector<DenseF64> found;
  for (int run = 0; run < 2; ++run) {
    std::vector<Matrix> a = uploaded_lanes({host}), z = poisoned_lanes(1, 129, 129);
    std::vector<std::vector<double>> values(1);
    ASSERT_TRUE(backend().eigh(a, z, values)[0].ok);
    found.push_back(downloaded(backend(), z[0]));
  }
  EXPECT_TRUE(std::equal(found[0].data(), found[0].data() + found[0].size(), found[1].data()));
}

TEST_P(TridiagonalRoute, AnotherNameIsWrongUsage) {
  EXPECT_EQ(cuda::route_named("tridiagonal"), EigenRoute::tridiagonal);
  EXPECT_EQ(cuda::route_named("one-by-one"), EigenRoute::one_by_one);
  EXPECT_FALSE(cuda::route_named("fast").has_value());
  EXPECT_EQ(cuda::best_lanes(EigenRoute::tridiagonal, 784, 31), 31);
  EXPECT_EQ(cuda::best_lanes(EigenRoute::tridiagonal, 784, 100), cuda::most_tridiagonal_problems);
}

TEST_P(CudaEigen, EmulatedFloat64IsRefused) {
#ifdef EIGENLENS_SIMULATED_CUDA
  setenv("EIGENLENS_CUDA_LIBRARY", moved(EIGENLENS_SIMULATED_CUDA).c_str(), 1);
#endif
  setenv("CUBLAS_EMULATE_DOUBLE_PRECISION", "1", 1);
  std::string message;
  try {
    const Device device({.name = "cuda"});
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::unavailable);
    message = error.what();
  }
  unsetenv("CUBLAS_EMULATE_DOUBLE_PRECISION");
  unsetenv("EIGENLENS_CUDA_LIBRARY");
  EXPECT_NE(message.find("CUBLAS_EMULATE_DOUBLE_PRECISION=1"), std::string::npos) << message;
}

}  // namespace
}  // namespace eigenlens::test
