// SPDX-License-Identifier: Apache-2.0
// The simulator: 8-bit integer products of cuBLASLt, and the shapes that the real one does not support.
#include <cublasLt.h>
#include <gmock/gmock.h>

#include <optional>

#include "simulator/tests/simulated_device.hpp"
#include "support/samples.hpp"

namespace eigenlens::test {
namespace {

using ::testing::HasSubstr;

/// The descriptors of C = Aᵀ·B: A is k × m, B is k × n, C is m × n.
class IntegerProduct {
 public:
  struct Shape {
    std::int64_t m, n, k, lda, ldb, ldc;
    cublasOperation_t op_a = CUBLAS_OP_T;
  };

  explicit IntegerProduct(const Shape& shape) : shape_(shape) {
    cublasLtCreate(&handle);
    cublasLtMatmulDescCreate(&what, CUBLAS_COMPUTE_32I, CUDA_R_32I);
    const std::int32_t op_a = shape.op_a;
    EXPECT_EQ(cublasLtMatmulDescSetAttribute(what, CUBLASLT_MATMUL_DESC_TRANSA, &op_a, sizeof(op_a)),
              CUBLAS_STATUS_SUCCESS);
    const auto rows_of_a = static_cast<std::uint64_t>(shape.op_a == CUBLAS_OP_T ? shape.k : shape.m);
    const auto cols_of_a = static_cast<std::uint64_t>(shape.op_a == CUBLAS_OP_T ? shape.m : shape.k);
    const auto n = static_cast<std::uint64_t>(shape.n);
    cublasLtMatrixLayoutCreate(&a, CUDA_R_8I, rows_of_a, cols_of_a, shape.lda);
    cublasLtMatrixLayoutCreate(&b, CUDA_R_8I, static_cast<std::uint64_t>(shape.k), n, shape.ldb);
    cublasLtMatrixLayoutCreate(&c, CUDA_R_32I, static_cast<std::uint64_t>(shape.m), n, shape.ldc);
    cublasLtMatmulPreferenceCreate(&preference);
  }
  ~IntegerProduct() {
    cublasLtMatmulPreferenceDestroy(preference);
    for (auto* layout : {a, b, c}) cublasLtMatrixLayoutDestroy(layout);
    cublasLtMatmulDescDestroy(what);
    cublasLtDestroy(handle);
  }
  IntegerProduct(const IntegerProduct&) = delete;
  IntegerProduct& operator=(const IntegerProduct&) = delete;

  cublasStatus_t heuristic(std::size_t workspace) {
    cublasLtMatmulPreferenceSetAttribute(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &workspace,
                                         sizeof(workspace));
    return cublasLtMatmulAlgoGetHeuristic(handle, what, a, b, c, c, preference, 1, &found, &count);
  }
  /// What every pointer is a multiple of, for heuristics from now on; else it is 256.
  void align(std::uint32_t bytes) {
    for (const auto which : {CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES,
                             CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES})
      EXPECT_EQ(cublasLtMatmulPreferenceSetAttribute(preference, which, &bytes, sizeof(bytes)), CUBLAS_STATUS_SUCCESS);
  }
  cublasStatus_t run(const std::int8_t* x, const std::int8_t* y, std::int32_t beta, std::int32_t* z, void* workspace,
                     std::size_t bytes, cudaStream_t stream) {
    const std::int32_t alpha = 1;
    return cublasLtMatmul(handle, what, &alpha, x, a, y, b, &beta, z, c, z, c, &found.algo, workspace, bytes, stream);
  }

  cublasLtMatmulHeuristicResult_t found = {};
  int count = -1;

 private:
  Shape shape_;
  cublasLtHandle_t handle = nullptr;
  cublasLtMatmulDesc_t what = nullptr;
  cublasLtMatrixLayout_t a = nullptr, b = nullptr, c = nullptr;
  cublasLtMatmulPreference_t preference = nullptr;
};

using SimulatedLt = SimulatedDevice;

TEST_F(SimulatedLt, ProductsAreExact) {
  Draws draws(14142135);
  constexpr std::int64_t m = 8, n = 5, k = 12, lda = 16, ldb = 12, ldc = 8;
  std::vector<std::int8_t> x(lda * m), y(ldb * n);
  for (auto* values : {&x, &y})
    for (auto& value : *values) value = static_cast<std::int8_t>(draws.below(256) - 128);
  std::vector<std::int32_t> z(ldc * n, 1000);
  const OnDevice<std::int8_t> dx(x, stream), dy(y, stream);
  const OnDevice<std::int32_t> dz(z, stream);
  const OnDevice<char> workspace(1 << 20);
  IntegerProduct product({m, n, k, lda, ldb, ldc});
  ASSERT_EQ(product.heuristic(1 << 20), CUBLAS_STATUS_SUCCESS) << message();
  ASSERT_EQ(product.count, 1);
  EXPECT_EQ(product.run(dx.get(), dy.get(), 1, dz.get(), workspace.get(), 1000, stream), CUBLAS_STATUS_INVALID_VALUE);
  ASSERT_EQ(product.run(dx.get(), dy.get(), 1, dz.get(), workspace.get(), workspace.bytes(), stream),
            CUBLAS_STATUS_SUCCESS)
      << message();
  const auto result = dz.values(stream);
  for (std::int64_t j = 0; j < n; ++j)
    for (std::int64_t i = 0; i < m; ++i) {
      std::int32_t sum = 1000;
      for (std::int64_t l = 0; l < k; ++l)
        sum += x[static_cast<std::size_t>(l + i * lda)] * y[static_cast<std::size_t>(l + j * ldb)];
      ASSERT_EQ(result[static_cast<std::size_t>(i + j * ldc)], sum) << i << ", " << j;
    }
}

TEST_F(SimulatedLt, RestrictionsOfIntegerTensorCores) {
  const auto answer = [](const IntegerProduct::Shape& shape) {
    IntegerProduct product(shape);
    const auto status = product.heuristic(0);
    EXPECT_EQ(product.count, status == CUBLAS_STATUS_SUCCESS ? 1 : 0);
    return status;
  };
  EXPECT_EQ(answer({4, 1, 4, 4, 4, 4}), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(answer({6, 4, 4, 4, 4, 8}), CUBLAS_STATUS_NOT_SUPPORTED);
  EXPECT_THAT(message(), HasSubstr("m or k"));
  EXPECT_EQ(answer({4, 4, 6, 8, 8, 4}), CUBLAS_STATUS_NOT_SUPPORTED);
  EXPECT_EQ(answer({4, 4, 4, 6, 4, 4}), CUBLAS_STATUS_NOT_SUPPORTED);
  EXPECT_EQ(answer({4, 4, 4, 4, 4, 4, CUBLAS_OP_N}), CUBLAS_STATUS_NOT_SUPPORTED);
}

TEST_F(SimulatedLt, PointersAndScalarsAreChecked) {
  const OnDevice<std::int8_t> x(64);
  const OnDevice<std::int32_t> z(16);
  IntegerProduct product({4, 4, 4, 4, 4, 4});
  ASSERT_EQ(product.heuristic(0), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(product.run(x.get(), x.get(), 0, z.get(), nullptr, 0, stream), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(product.run(x.get() + 2, x.get(), 0, z.get(), nullptr, 0, stream), CUBLAS_STATUS_NOT_SUPPORTED);
  EXPECT_EQ(product.run(x.get(), x.get(), 2, z.get(), nullptr, 0, stream), CUBLAS_STATUS_NOT_SUPPORTED);
  for (const std::int64_t offset : {4, 16})
    EXPECT_EQ(product.run(x.get() + offset, x.get(), 0, z.get(), nullptr, 0, stream), CUBLAS_STATUS_NOT_SUPPORTED);
  EXPECT_THAT(message(), HasSubstr("less aligned"));
  product.align(4);
  ASSERT_EQ(product.heuristic(0), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(product.run(x.get() + 4, x.get() + 16, 0, z.get(), nullptr, 0, stream), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(product.run(x.get() + 52, x.get(), 0, z.get(), nullptr, 0, stream), CUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(product.run(x.get(), x.get(), 0, z.get(), nullptr, 0, nullptr), CUBLAS_STATUS_INVALID_VALUE);
}

}  // namespace
}  // namespace eigenlens::test
