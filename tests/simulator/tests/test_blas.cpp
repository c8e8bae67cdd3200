// SPDX-License-Identifier: Apache-2.0
// The simulator: cuBLAS against plain loops, and what it refuses.
#include <cublas_v2.h>
#include <gmock/gmock.h>

#include "simulator/tests/simulated_device.hpp"
#include "simulator/tests/small_matrix.hpp"
#include "support/tolerance.hpp"

namespace eigenlens::test {
namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t seed = 57721566;

class SimulatedBlas : public SimulatedDevice {
 protected:
  void SetUp() override {
    SimulatedDevice::SetUp();
    ASSERT_EQ(cublasCreate(&blas), CUBLAS_STATUS_SUCCESS);
    ASSERT_EQ(cublasSetStream(blas, stream), CUBLAS_STATUS_SUCCESS);
  }
  void TearDown() override {
    ASSERT_EQ(cublasDestroy(blas), CUBLAS_STATUS_SUCCESS);
    SimulatedDevice::TearDown();
  }
  /// The matrix with what the device now has of it.
  SmallMatrix downloaded(const SmallMatrix& like, const OnDevice<double>& memory) const {
    SmallMatrix result = like;
    result.data = memory.values(stream);
    return result;
  }

  cublasHandle_t blas = nullptr;
  Draws draws{seed};
};

TEST_F(SimulatedBlas, GemmOfEveryKind) {
  const double alpha = -0.5;
  const SmallMatrix a(7, 5, draws), b(5, 6, draws), c(7, 6, draws);
  for (const auto op_a : {CUBLAS_OP_N, CUBLAS_OP_T})
    for (const auto op_b : {CUBLAS_OP_N, CUBLAS_OP_T})
      for (const double beta : {0.0, 2.0}) {
        const SmallMatrix given_a = op_a == CUBLAS_OP_N ? a : a.transposed();
        const SmallMatrix given_b = op_b == CUBLAS_OP_N ? b : b.transposed();
        const OnDevice<double> da(given_a.data, stream), db(given_b.data, stream);
        const OnDevice<double> dc(beta == 0 ? SmallMatrix(7, 6).data : c.data, stream);
        ASSERT_EQ(cublasDgemm(blas, op_a, op_b, 7, 6, 5, &alpha, da.get(), given_a.stride(), db.get(), given_b.stride(),
                              &beta, dc.get(), c.stride()),
                  CUBLAS_STATUS_SUCCESS)
            << message();
        EXPECT_TRUE(within(distance(downloaded(c, dc), naive_gemm(alpha, a, b, beta, c)), rounding_bound(5, 4)));
      }
}

TEST_F(SimulatedBlas, ScalarsAreReadAtTheCallAndMatricesLater) {
  double alpha = 2;
  const double zero = 0;
  const OnDevice<double> a({1}, stream), b({1}, stream), c(1);
  ASSERT_EQ(cublasDgemm(blas, CUBLAS_OP_N, CUBLAS_OP_N, 1, 1, 1, &alpha, a.get(), 1, b.get(), 1, &zero, c.get(), 1),
            CUBLAS_STATUS_SUCCESS);
  alpha = 100;
  EXPECT_EQ(c.values(stream)[0], 2);
}

TEST_F(SimulatedBlas, LeadingDimensionsAndMemoryAreChecked) {
  const double one = 1;
  const OnDevice<double> a(12), b(12), c(11);
  const auto gemm = [&](int lda, int ldc) {
    return cublasDgemm(blas, CUBLAS_OP_N, CUBLAS_OP_N, 4, 3, 3, &one, a.get(), lda, b.get(), 3, &one, c.get(), ldc);
  };
  EXPECT_EQ(gemm(3, 4), CUBLAS_STATUS_INVALID_VALUE);
  EXPECT_THAT(message(), HasSubstr("A has 4 rows, but leading dimension 3"));
  EXPECT_EQ(gemm(4, 4), CUBLAS_STATUS_INVALID_VALUE);
  EXPECT_THAT(message(), HasSubstr("C needs 96 bytes"));
  EXPECT_EQ(cublasDgemm(blas, CUBLAS_OP_N, CUBLAS_OP_N, 4, 3, 3, &one, &one, 4, b.get(), 3, &one, c.get(), 4),
            CUBLAS_STATUS_INVALID_VALUE);
  EXPECT_THAT(message(), HasSubstr("no device memory"));
}

TEST_F(SimulatedBlas, HandleWithoutStreamIsRefused) {
  cublasHandle_t bare = nullptr;
  ASSERT_EQ(cublasCreate(&bare), CUBLAS_STATUS_SUCCESS);
  const double one = 1;
  const OnDevice<double> a(1);
  EXPECT_EQ(cublasDgemm(bare, CUBLAS_OP_N, CUBLAS_OP_N, 1, 1, 1, &one, a.get(), 1, a.get(), 1, &one, a.get(), 1),
            CUBLAS_STATUS_INVALID_VALUE);
  EXPECT_THAT(message(), HasSubstr("default stream"));
  EXPECT_EQ(cublasDestroy(bare), CUBLAS_STATUS_SUCCESS);
}

TEST_F(SimulatedBlas, SyrkWritesOneTriangle) {
  const double one = 1, zero = 0;
  const SmallMatrix a(5, 4, draws);
  const SmallMatrix c(4, 4);
  const OnDevice<double> da(a.data, stream), dc(c.data, stream);
  ASSERT_EQ(cublasDsyrk(blas, CUBLAS_FILL_MODE_LOWER, CUBLAS_OP_T, 4, 5, &one, da.get(), a.stride(), &zero, dc.get(),
                        c.stride()),
            CUBLAS_STATUS_SUCCESS);
  const SmallMatrix result = downloaded(c, dc), truth = naive_gemm(1, a.transposed(), a, 0, c);
  for (std::int64_t j = 0; j < 4; ++j)
    for (std::int64_t i = 0; i < 4; ++i) {
      if (i < j) {
        EXPECT_TRUE(std::isnan(result.at(i, j)));
      } else {
        EXPECT_TRUE(within(std::abs(result.at(i, j) - truth.at(i, j)), rounding_bound(5, 1)));
      }
    }
}

TEST_F(SimulatedBlas, TrsmSolves) {
  const double one = 1;
  SmallMatrix l(4, 4, draws);
  for (std::int64_t j = 0; j < 4; ++j)
    for (std::int64_t i = 0; i <= j; ++i) l.at(i, j) = i == j ? 2 : 0;
  const SmallMatrix x(4, 3, draws);
  const SmallMatrix b = naive_gemm(1, l, x, 0, x), bt = b.transposed();
  const OnDevice<double> dl(l.data, stream), left(b.data, stream), right(bt.data, stream);
  ASSERT_EQ(cublasDtrsm(blas, CUBLAS_SIDE_LEFT, CUBLAS_FILL_MODE_LOWER, CUBLAS_OP_N, CUBLAS_DIAG_NON_UNIT, 4, 3, &one,
                        dl.get(), l.stride(), left.get(), b.stride()),
            CUBLAS_STATUS_SUCCESS);
  ASSERT_EQ(cublasDtrsm(blas, CUBLAS_SIDE_RIGHT, CUBLAS_FILL_MODE_LOWER, CUBLAS_OP_T, CUBLAS_DIAG_NON_UNIT, 3, 4, &one,
                        dl.get(), l.stride(), right.get(), bt.stride()),
            CUBLAS_STATUS_SUCCESS);
  EXPECT_TRUE(within(distance(downloaded(x, left), x), rounding_bound(4, 1)));
  EXPECT_TRUE(within(distance(downloaded(bt, right), x.transposed()), rounding_bound(4, 1)));
}

TEST_F(SimulatedBlas, GeamTransposesAndIgnoresWhatHasNoWeight) {
  const double one = 1, zero = 0;
  const SmallMatrix a(3, 5, draws);
  const SmallMatrix c(5, 3);
  const OnDevice<double> da(a.data, stream), dc(c.data, stream);
  ASSERT_EQ(cublasDgeam(blas, CUBLAS_OP_T, CUBLAS_OP_N, 5, 3, &one, da.get(), a.stride(), &zero, nullptr, 5, dc.get(),
                        c.stride()),
            CUBLAS_STATUS_SUCCESS)
      << message();
  EXPECT_EQ(distance(downloaded(c, dc), a.transposed()), 0);
}

TEST_F(SimulatedBlas, BatchesAreSingleProducts) {
  const double one = 1, zero = 0;
  const int count = 3;
  std::vector<double> a(4 * 3), b(4 * 3), c;
  for (auto* values : {&a, &b})
    for (double& value : *values) value = draws.uniform();
  for (int i = 0; i < count; ++i)
    for (int j = 0; j < 4; ++j)
      c.push_back(a[4 * i + j % 2] * b[4 * i + j / 2 * 2] + a[4 * i + 2 + j % 2] * b[4 * i + j / 2 * 2 + 1]);
  const OnDevice<double> da(a, stream), db(b, stream), strided(12), listed(12);
  ASSERT_EQ(cublasDgemmStridedBatched(blas, CUBLAS_OP_N, CUBLAS_OP_N, 2, 2, 2, &one, da.get(), 2, 4, db.get(), 2, 4,
                                      &zero, strided.get(), 2, 4, count),
            CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(cublasDgemmStridedBatched(blas, CUBLAS_OP_N, CUBLAS_OP_N, 2, 2, 2, &one, da.get(), 2, 4, db.get(), 2, 4,
                                      &zero, strided.get(), 2, 4, count + 1),
            CUBLAS_STATUS_INVALID_VALUE);
  const auto pointers = [&](const OnDevice<double>& of) {
    return std::vector<double*>{of.get(), of.get() + 4, of.get() + 8};
  };
  const OnDevice<double*> pa(pointers(da), stream), pb(pointers(db), stream), pc(pointers(listed), stream);
  ASSERT_EQ(cublasDgemmBatched(blas, CUBLAS_OP_N, CUBLAS_OP_N, 2, 2, 2, &one, pa.get(), 2, pb.get(), 2, &zero, pc.get(),
                               2, count),
            CUBLAS_STATUS_SUCCESS);
  for (const auto& result : {strided.values(stream), listed.values(stream)})
    for (std::size_t i = 0; i < 12; ++i) EXPECT_TRUE(within(std::abs(result[i] - c[i]), rounding_bound(2, 2)));
}

TEST_F(SimulatedBlas, BatchesOfHostPointersBreakTheDevice) {
  const double one = 1;
  std::vector<double> host(4);
  const OnDevice<double> b(4);
  const OnDevice<double*> pa({host.data()}, stream), pb({b.get()}, stream);
  ASSERT_EQ(cublasDtrsmBatched(blas, CUBLAS_SIDE_LEFT, CUBLAS_FILL_MODE_LOWER, CUBLAS_OP_N, CUBLAS_DIAG_NON_UNIT, 2, 2,
                               &one, pa.get(), 2, pb.get(), 2, 1),
            CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(cudaStreamSynchronize(stream), cudaErrorIllegalAddress);
}

TEST_F(SimulatedBlas, VectorRoutines) {
  const double one = 1, zero = 0;
  const OnDevice<double> a({1, 2, 3, 4, 5, 6}, stream), x({3, 4}, stream), y(3);
  double norm = 0;
  ASSERT_EQ(cublasDnrm2(blas, 2, x.get(), 1, &norm), CUBLAS_STATUS_SUCCESS);
  EXPECT_TRUE(within(std::abs(norm - 5), rounding_bound(2, 5)));
  ASSERT_EQ(cublasDgemv(blas, CUBLAS_OP_N, 3, 2, &one, a.get(), 3, x.get(), 1, &zero, y.get(), 1),
            CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(y.values(stream), (std::vector<double>{19, 26, 33}));
}

TEST_F(SimulatedBlas, CallsFailOnDemand) {
  const double one = 1;
  const OnDevice<double> a({2}, stream);
  const auto gemm = [&] {
    return cublasDgemm(blas, CUBLAS_OP_N, CUBLAS_OP_N, 1, 1, 1, &one, a.get(), 1, a.get(), 1, &one, a.get(), 1);
  };
  eigenlens_simulator_fail("cublasDgemm", 1, CUBLAS_STATUS_EXECUTION_FAILED);
  EXPECT_EQ(gemm(), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(gemm(), CUBLAS_STATUS_EXECUTION_FAILED);
  EXPECT_EQ(gemm(), CUBLAS_STATUS_SUCCESS);
}

}  // namespace
}  // namespace eigenlens::test
