// SPDX-License-Identifier: Apache-2.0
// The simulator: cuSOLVER's identities, workspaces, and spoiled results.
#include <cusolverDn.h>
#include <gmock/gmock.h>

#include <cmath>

#include "simulator/tests/simulated_device.hpp"
#include "simulator/tests/small_matrix.hpp"
#include "support/tolerance.hpp"

namespace eigenlens::test {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t order = 33;

class SimulatedSolver : public SimulatedDevice {
 protected:
  void SetUp() override {
    SimulatedDevice::SetUp();
    ASSERT_EQ(cusolverDnCreate(&solver), CUSOLVER_STATUS_SUCCESS);
    ASSERT_EQ(cusolverDnSetStream(solver, stream), CUSOLVER_STATUS_SUCCESS);
  }
  void TearDown() override {
    ASSERT_EQ(cusolverDnDestroy(solver), CUSOLVER_STATUS_SUCCESS);
    SimulatedDevice::TearDown();
  }

  static SmallMatrix symmetric(std::int64_t n, Draws& draws) {
    SmallMatrix a(n, n, draws);
    for (std::int64_t j = 0; j < n; ++j)
      for (std::int64_t i = 0; i < j; ++i) a.at(i, j) = a.at(j, i);
    return a;
  }

  struct Eigen {
    cusolverStatus_t status;
    SmallMatrix vectors;
    std::vector<double> values;
    int info;
  };

  /// Xsyevd with a workspace that is `missing` bytes too small.
  Eigen syevd(const SmallMatrix& a, std::size_t missing = 0) {
    const std::int64_t n = a.cols;
    const OnDevice<double> da(a.data, stream), w(static_cast<std::size_t>(n));
    const OnDevice<int> info(1);
    std::size_t device = 0, host = 0;
    EXPECT_EQ(cusolverDnXsyevd_bufferSize(solver, nullptr, CUSOLVER_EIG_MODE_VECTOR, CUBLAS_FILL_MODE_LOWER, n,
                                          CUDA_R_64F, da.get(), a.ld, CUDA_R_64F, w.get(), CUDA_R_64F, &device, &host),
              CUSOLVER_STATUS_SUCCESS);
    const OnDevice<char> on_device(device);
    std::vector<char> on_host(host);
    const auto status = cusolverDnXsyevd(solver, nullptr, CUSOLVER_EIG_MODE_VECTOR, CUBLAS_FILL_MODE_LOWER, n,
                                         CUDA_R_64F, da.get(), a.ld, CUDA_R_64F, w.get(), CUDA_R_64F, on_device.get(),
                                         device - missing, on_host.data(), host, info.get());
    Eigen result{status, a, w.values(stream), info.values(stream)[0]};
    result.vectors.data = da.values(stream);
    return result;
  }

  cusolverDnHandle_t solver = nullptr;
  Draws draws{26457513};
};

/// max|A·V − V·diag(w)|
double residual(const SmallMatrix& a, const SmallMatrix& v, const std::vector<double>& w) {
  SmallMatrix scaled = v;
  for (std::int64_t j = 0; j < v.cols; ++j)
    for (std::int64_t i = 0; i < v.rows; ++i) scaled.at(i, j) = v.at(i, j) * w[static_cast<std::size_t>(j)];
  return distance(naive_gemm(1, a, v, 0, v), scaled);
}

TEST_F(SimulatedSolver, EigenvectorsOfASymmetricMatrix) {
  const SmallMatrix a = symmetric(order, draws);
  const Eigen found = syevd(a);
  ASSERT_EQ(found.status, CUSOLVER_STATUS_SUCCESS) << message();
  EXPECT_EQ(found.info, 0);
  EXPECT_TRUE(std::is_sorted(found.values.begin(), found.values.end()));
  EXPECT_TRUE(within(residual(a, found.vectors, found.values), rounding_bound(order, order)));
  SmallMatrix identity(order, order);
  for (std::int64_t j = 0; j < order; ++j)
    for (std::int64_t i = 0; i < order; ++i) identity.at(i, j) = i == j;
  const SmallMatrix gram = naive_gemm(1, found.vectors.transposed(), found.vectors, 0, identity);
  EXPECT_TRUE(within(distance(gram, identity), orthogonality_bound(order, 1)));
}

TEST_F(SimulatedSolver, WorkspaceMustBeTheOneAskedFor) {
  const SmallMatrix a = symmetric(5, draws);
  EXPECT_EQ(syevd(a, 1).status, CUSOLVER_STATUS_INVALID_VALUE);
  EXPECT_THAT(message(), HasSubstr("a workspace of"));
  const OnDevice<double> da(100), w(10), work(10000);
  const OnDevice<int> info(1);
  double host[100];
  EXPECT_EQ(
      cusolverDnXsyevd(solver, nullptr, CUSOLVER_EIG_MODE_VECTOR, CUBLAS_FILL_MODE_LOWER, 10, CUDA_R_64F, da.get(), 10,
                       CUDA_R_64F, w.get(), CUDA_R_64F, work.get(), work.bytes(), host, sizeof(host), info.get()),
      CUSOLVER_STATUS_INVALID_VALUE);
  EXPECT_THAT(message(), HasSubstr("bufferSize was never called"));
}

TEST_F(SimulatedSolver, TheHostsWorkspaceIsTheRoutinesUntilItHasRun) {
  constexpr std::int64_t n = 5;
  const OnDevice<double> a(symmetric(n, draws).data, stream), w(n);
  const OnDevice<int> info(1);
  std::size_t device = 0, host = 0;
  ASSERT_EQ(cusolverDnXsyevd_bufferSize(solver, nullptr, CUSOLVER_EIG_MODE_VECTOR, CUBLAS_FILL_MODE_LOWER, n,
                                        CUDA_R_64F, a.get(), n, CUDA_R_64F, w.get(), CUDA_R_64F, &device, &host),
            CUSOLVER_STATUS_SUCCESS);
  const OnDevice<char> on_device(device);
  std::vector<char> on_host(host);
  const auto solve = [&] {
    return cusolverDnXsyevd(solver, nullptr, CUSOLVER_EIG_MODE_VECTOR, CUBLAS_FILL_MODE_LOWER, n, CUDA_R_64F, a.get(),
                            n, CUDA_R_64F, w.get(), CUDA_R_64F, on_device.get(), device, on_host.data(), host,
                            info.get());
  };
  for (int call = 0; call < 2; ++call) {
    ASSERT_EQ(solve(), CUSOLVER_STATUS_SUCCESS);
    ASSERT_EQ(cudaStreamSynchronize(stream), cudaSuccess) << message();
  }
  ASSERT_EQ(solve(), CUSOLVER_STATUS_SUCCESS);
  ASSERT_EQ(solve(), CUSOLVER_STATUS_SUCCESS);
  EXPECT_EQ(cudaStreamSynchronize(stream), cudaErrorIllegalAddress);
  EXPECT_THAT(message(), HasSubstr("the host's workspace was used by someone else"));
  eigenlens_simulator_reset();
}

TEST_F(SimulatedSolver, SpoiledResults) {
  const SmallMatrix a = symmetric(order, draws);
  eigenlens_simulator_info("cusolverDnXsyevd", 0, 7);
  const Eigen failed = syevd(a);
  EXPECT_EQ(failed.status, CUSOLVER_STATUS_SUCCESS);
  EXPECT_EQ(failed.info, 7);
  EXPECT_TRUE(std::isnan(failed.values[0]));
  eigenlens_simulator_corrupt("cusolverDnXsyevd", 0);
  const Eigen corrupt = syevd(a);
  EXPECT_EQ(corrupt.info, 0);
  EXPECT_GT(residual(a, corrupt.vectors, corrupt.values), 0.1);
  eigenlens_simulator_fail("cusolverDnXsyevd", 0, CUSOLVER_STATUS_INTERNAL_ERROR);
  EXPECT_EQ(syevd(a).status, CUSOLVER_STATUS_INTERNAL_ERROR);
  EXPECT_EQ(syevd(a).info, 0);
}

TEST_F(SimulatedSolver, BatchOfEigenproblems) {
  const SmallMatrix first = symmetric(4, draws), second = symmetric(4, draws);
  std::vector<double> both = first.data;
  both.insert(both.end(), second.data.begin(), second.data.end());
  const OnDevice<double> a(both, stream), w(8);
  const OnDevice<int> info(2);
  std::size_t device = 0, host = 0;
  ASSERT_EQ(cusolverDnXsyevBatched_bufferSize(solver, nullptr, CUSOLVER_EIG_MODE_VECTOR, CUBLAS_FILL_MODE_LOWER, 4,
                                              CUDA_R_64F, a.get(), first.ld, CUDA_R_64F, w.get(), CUDA_R_64F, &device,
                                              &host, 2),
            CUSOLVER_STATUS_SUCCESS)
      << message();
  const OnDevice<char> on_device(device);
  std::vector<char> on_host(host);
  ASSERT_EQ(cusolverDnXsyevBatched(solver, nullptr, CUSOLVER_EIG_MODE_VECTOR, CUBLAS_FILL_MODE_LOWER, 4, CUDA_R_64F,
                                   a.get(), first.ld, CUDA_R_64F, w.get(), CUDA_R_64F, on_device.get(), device,
                                   on_host.data(), host, info.get(), 2),
            CUSOLVER_STATUS_SUCCESS)
      << message();
  const auto vectors = a.values(stream), values = w.values(stream);
  SmallMatrix v = second;
  v.data.assign(vectors.begin() + static_cast<std::ptrdiff_t>(first.data.size()), vectors.end());
  EXPECT_TRUE(within(residual(second, v, {values.begin() + 4, values.end()}), rounding_bound(4, 4)));
  EXPECT_EQ(info.values(stream), (std::vector<int>{0, 0}));
}

TEST_F(SimulatedSolver, CholeskyAndTriangularInverse) {
  const SmallMatrix b(9, 6, draws);
  SmallMatrix a = naive_gemm(1, b.transposed(), b, 0, b);
  const auto factor = [&](const SmallMatrix& given, bool invert) {
    const OnDevice<double> da(given.data, stream);
    const OnDevice<int> info(1);
    std::size_t sizes[4] = {};
    EXPECT_EQ(cusolverDnXpotrf_bufferSize(solver, nullptr, CUBLAS_FILL_MODE_LOWER, 6, CUDA_R_64F, da.get(), given.ld,
                                          CUDA_R_64F, &sizes[0], &sizes[1]),
              CUSOLVER_STATUS_SUCCESS);
    EXPECT_EQ(cusolverDnXtrtri_bufferSize(solver, CUBLAS_FILL_MODE_LOWER, CUBLAS_DIAG_NON_UNIT, 6, CUDA_R_64F, da.get(),
                                          given.ld, &sizes[2], &sizes[3]),
              CUSOLVER_STATUS_SUCCESS);
    const OnDevice<char> work(std::max(sizes[0], sizes[2]));
    EXPECT_EQ(cusolverDnXpotrf(solver, nullptr, CUBLAS_FILL_MODE_LOWER, 6, CUDA_R_64F, da.get(), given.ld, CUDA_R_64F,
                               work.get(), sizes[0], nullptr, 0, info.get()),
              CUSOLVER_STATUS_SUCCESS)
        << message();
    if (invert) {
      EXPECT_EQ(cusolverDnXtrtri(solver, CUBLAS_FILL_MODE_LOWER, CUBLAS_DIAG_NON_UNIT, 6, CUDA_R_64F, da.get(),
                                 given.ld, work.get(), sizes[2], nullptr, 0, info.get()),
                CUSOLVER_STATUS_SUCCESS)
          << message();
    }
    SmallMatrix l = given;
    l.data = da.values(stream);
    for (std::int64_t j = 0; j < 6; ++j)
      for (std::int64_t i = 0; i < j; ++i) l.at(i, j) = 0;
    return std::pair(l, info.values(stream)[0]);
  };
  const auto [l, info] = factor(a, false);
  EXPECT_EQ(info, 0);
  EXPECT_TRUE(within(distance(naive_gemm(1, l, l.transposed(), 0, l), a), rounding_bound(6, 9)));
  const SmallMatrix inverse = factor(a, true).first;
  SmallMatrix identity(6, 6);
  for (std::int64_t j = 0; j < 6; ++j)
    for (std::int64_t i = 0; i < 6; ++i) identity.at(i, j) = i == j;
  EXPECT_TRUE(within(distance(naive_gemm(1, inverse, l, 0, l), identity), rounding_bound(6, 100)));
  a.at(2, 2) = -1;
  EXPECT_EQ(factor(a, false).second, 3);
}

TEST_F(SimulatedSolver, CholeskyOfABatch) {
  const OnDevice<double> first({4, 2, 0, 5}, stream), second({4, 2, 0, 0}, stream);
  const OnDevice<double*> pointers({first.get(), second.get()}, stream);
  const OnDevice<int> info(2);
  ASSERT_EQ(cusolverDnDpotrfBatched(solver, CUBLAS_FILL_MODE_LOWER, 2, pointers.get(), 2, info.get(), 2),
            CUSOLVER_STATUS_SUCCESS)
      << message();
  EXPECT_EQ(info.values(stream), (std::vector<int>{0, 2}));
  EXPECT_EQ(first.values(stream), (std::vector<double>{2, 1, 0, 2}));
}

TEST_F(SimulatedSolver, SingularValues) {
  const SmallMatrix a(7, 4, draws);
  const OnDevice<double> da(a.data, stream), s(4), u(7 * 4), vt(4 * 4);
  const OnDevice<int> info(1);
  std::size_t device = 0, host = 0;
  const auto ask = [&](std::int64_t m, std::int64_t n) {
    return cusolverDnXgesvd_bufferSize(solver, nullptr, 'S', 'S', m, n, CUDA_R_64F, da.get(), a.ld, CUDA_R_64F, s.get(),
                                       CUDA_R_64F, u.get(), 7, CUDA_R_64F, vt.get(), 4, CUDA_R_64F, &device, &host);
  };
  EXPECT_EQ(ask(4, 7), CUSOLVER_STATUS_INVALID_VALUE);
  ASSERT_EQ(ask(7, 4), CUSOLVER_STATUS_SUCCESS) << message();
  const OnDevice<char> on_device(device);
  std::vector<char> on_host(host);
  ASSERT_EQ(cusolverDnXgesvd(solver, nullptr, 'S', 'S', 7, 4, CUDA_R_64F, da.get(), a.ld, CUDA_R_64F, s.get(),
                             CUDA_R_64F, u.get(), 7, CUDA_R_64F, vt.get(), 4, CUDA_R_64F, on_device.get(), device,
                             on_host.data(), host, info.get()),
            CUSOLVER_STATUS_SUCCESS)
      << message();
  EXPECT_EQ(info.values(stream)[0], 0);
  const auto left = u.values(stream), right = vt.values(stream), values = s.values(stream);
  for (std::size_t j = 0; j < 4; ++j)
    for (std::size_t i = 0; i < 7; ++i) {
      double sum = 0;
      for (std::size_t k = 0; k < 4; ++k) sum += left[i + 7 * k] * values[k] * right[k + 4 * j];
      const double truth = a.at(static_cast<std::int64_t>(i), static_cast<std::int64_t>(j));
      EXPECT_TRUE(within(std::abs(sum - truth), rounding_bound(7, 4)));
    }
}

}  // namespace
}  // namespace eigenlens::test
