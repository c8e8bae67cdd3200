// SPDX-License-Identifier: Apache-2.0
// cuBLAS on many matrices of one size. Arrays of pointers are in device memory and are read when the operation runs.
#include "simulator/blas.hpp"

namespace eigenlens::simulator {
namespace {

Extent pointer_array(const void* data, std::int64_t count, const char* name) {
  require(count >= 0, "a negative number of matrices");
  return {data, static_cast<std::size_t>(count) * sizeof(void*), name};
}

void gemm_batched(const BlasHandle& handle, const GemmShape& shape, const double* alpha, const double* const a[],
                  const double* const b[], const double* beta, double* const c[], std::int64_t count) {
  for (const auto& checked : {shape.a(nullptr), shape.b(nullptr), shape.c(nullptr)}) static_cast<void>(checked);
  std::vector<Extent> extents = {pointer_array(a, count, "the pointers of A"),
                                 pointer_array(b, count, "the pointers of B"),
                                 pointer_array(c, count, "the pointers of C")};
  const Scalar scale(handle, alpha, extents);
  const Scalar keep(handle, beta, extents);
  handle.use(extents);
  enqueue(handle.stream, extents, [=] {
    for (std::int64_t i = 0; i < count; ++i) {
      for (const auto& extent : {shape.a(a[i]), shape.b(b[i]), shape.c(c[i])}) {
        require_device(extent);
        require_present(extent);
      }
      shape.run(scale.value(), a[i], b[i], keep.value(), c[i]);
    }
  });
}

struct Strides {
  std::int64_t a;
  std::int64_t b;
  std::int64_t c;
};

/// The first to the last of matrices at a distance, which may be 0 for what is read only.
Extent strided(Extent one, std::int64_t stride, std::int64_t count) {
  require(stride >= 0, "a negative stride, which the simulator does not know");
  if (count == 0 || one.bytes == 0) return {one.data, 0, one.name};
  one.bytes += static_cast<std::size_t>(stride * (count - 1)) * sizeof(double);
  return one;
}

void gemm_strided(const BlasHandle& handle, const GemmShape& shape, const Strides& strides, const double* alpha,
                  const double* a, const double* b, const double* beta, double* c, std::int64_t count) {
  require(count >= 0, "a negative number of matrices");
  const Extent result = shape.c(c);
  require(count <= 1 || result.bytes <= static_cast<std::size_t>(strides.c) * sizeof(double), "results overlap");
  std::vector<Extent> extents = {strided(shape.a(a), strides.a, count), strided(shape.b(b), strides.b, count),
                                 strided(result, strides.c, count)};
  const Scalar scale(handle, alpha, extents);
  const Scalar keep(handle, beta, extents);
  handle.use(extents);
  enqueue(handle.stream, extents, [=] {
    for (std::int64_t i = 0; i < count; ++i)
      shape.run(scale.value(), a + i * strides.a, b + i * strides.b, keep.value(), c + i * strides.c);
  });
}

void trsm_batched(const BlasHandle& handle, const TrsmShape& shape, const double* alpha, const double* const a[],
                  double* const b[], std::int64_t count) {
  for (const auto& checked : {shape.a(nullptr), shape.b(nullptr)}) static_cast<void>(checked);
  std::vector<Extent> extents = {pointer_array(a, count, "the pointers of A"),
                                 pointer_array(b, count, "the pointers of B")};
  const Scalar scale(handle, alpha, extents);
  handle.use(extents);
  enqueue(handle.stream, extents, [=] {
    for (std::int64_t i = 0; i < count; ++i) {
      for (const auto& extent : {shape.a(a[i]), shape.b(b[i])}) {
        require_device(extent);
        require_present(extent);
      }
      shape.run(scale.value(), a[i], b[i]);
    }
  });
}

}  // namespace
}  // namespace eigenlens::simulator

using namespace eigenlens::simulator;  // NOLINT: the functions below are C's

cublasStatus_t CUBLASWINAPI cublasDgemmBatched_64(cublasHandle_t handle, cublasOperation_t op_a, cublasOperation_t op_b,
                                                  int64_t m, int64_t n, int64_t k, const double* alpha,
                                                  const double* const a[], int64_t lda, const double* const b[],
                                                  int64_t ldb, const double* beta, double* const c[], int64_t ldc,
                                                  int64_t count) {
  return blas_call("cublasDgemmBatched", [&] {
    gemm_batched(blas_handle(handle), {op_a, op_b, m, n, k, lda, ldb, ldc}, alpha, a, b, beta, c, count);
  });
}

cublasStatus_t CUBLASWINAPI cublasDgemmBatched(cublasHandle_t handle, cublasOperation_t op_a, cublasOperation_t op_b,
                                               int m, int n, int k, const double* alpha, const double* const a[],
                                               int lda, const double* const b[], int ldb, const double* beta,
                                               double* const c[], int ldc, int count) {
  return cublasDgemmBatched_64(handle, op_a, op_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc, count);
}

cublasStatus_t CUBLASWINAPI cublasDgemmStridedBatched_64(cublasHandle_t handle, cublasOperation_t op_a,
                                                         cublasOperation_t op_b, int64_t m, int64_t n, int64_t k,
                                                         const double* alpha, const double* a, int64_t lda,
                                                         long long int stride_a, const double* b, int64_t ldb,
                                                         long long int stride_b, const double* beta, double* c,
                                                         int64_t ldc, long long int stride_c, int64_t count) {
  return blas_call("cublasDgemmStridedBatched", [&] {
    gemm_strided(blas_handle(handle), {op_a, op_b, m, n, k, lda, ldb, ldc}, {stride_a, stride_b, stride_c}, alpha, a, b,
                 beta, c, count);
  });
}

cublasStatus_t CUBLASWINAPI cublasDgemmStridedBatched(cublasHandle_t handle, cublasOperation_t op_a,
                                                      cublasOperation_t op_b, int m, int n, int k, const double* alpha,
                                                      const double* a, int lda, long long int stride_a, const double* b,
                                                      int ldb, long long int stride_b, const double* beta, double* c,
                                                      int ldc, long long int stride_c, int count) {
  return cublasDgemmStridedBatched_64(handle, op_a, op_b, m, n, k, alpha, a, lda, stride_a, b, ldb, stride_b, beta, c,
                                      ldc, stride_c, count);
}

cublasStatus_t CUBLASWINAPI cublasDtrsmBatched_64(cublasHandle_t handle, cublasSideMode_t side, cublasFillMode_t uplo,
                                                  cublasOperation_t op, cublasDiagType_t diag, int64_t m, int64_t n,
                                                  const double* alpha, const double* const a[], int64_t lda,
                                                  double* const b[], int64_t ldb, int64_t count) {
  return blas_call("cublasDtrsmBatched", [&] {
    trsm_batched(blas_handle(handle), {side, uplo, op, diag, m, n, lda, ldb}, alpha, a, b, count);
  });
}

cublasStatus_t CUBLASWINAPI cublasDtrsmBatched(cublasHandle_t handle, cublasSideMode_t side, cublasFillMode_t uplo,
                                               cublasOperation_t op, cublasDiagType_t diag, int m, int n,
                                               const double* alpha, const double* const a[], int lda, double* const b[],
                                               int ldb, int count) {
  return cublasDtrsmBatched_64(handle, side, uplo, op, diag, m, n, alpha, a, lda, b, ldb, count);
}
