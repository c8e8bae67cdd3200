// SPDX-License-Identifier: Apache-2.0
// cuBLAS on one matrix at a time, and vectors.
#include <cmath>

#include "host/lapack.hpp"
#include "simulator/blas.hpp"

namespace eigenlens::simulator {

void gemm(const BlasHandle& handle, const GemmShape& shape, const double* alpha, const double* a, const double* b,
          const double* beta, double* c) {
  std::vector<Extent> extents = {shape.a(a), shape.b(b), shape.c(c)};
  const Scalar scale(handle, alpha, extents);
  const Scalar keep(handle, beta, extents);
  handle.use(extents);
  enqueue(handle.stream, extents, [=] { shape.run(scale.value(), a, b, keep.value(), c); });
}

namespace {

struct SyrkShape {
  cublasFillMode_t uplo;
  cublasOperation_t op;
  std::int64_t n;
  std::int64_t k;
  std::int64_t lda;
  std::int64_t ldc;
};

void syrk(const BlasHandle& handle, const SyrkShape& shape, const double* alpha, const double* a, const double* beta,
          double* c) {
  const bool plain = shape.op == CUBLAS_OP_N;
  std::vector<Extent> extents = {matrix_extent(a, plain ? shape.n : shape.k, plain ? shape.k : shape.n, shape.lda, "A"),
                                 matrix_extent(c, shape.n, shape.n, shape.ldc, "C")};
  const Scalar scale(handle, alpha, extents);
  const Scalar keep(handle, beta, extents);
  handle.use(extents);
  const char options[2] = {letter(shape.uplo), letter(shape.op)};
  enqueue(handle.stream, extents, [=] {
    if (shape.n == 0) return;
    const int sizes[4] = {checked_int(shape.n), checked_int(shape.k), checked_int(shape.lda), checked_int(shape.ldc)};
    const double by = scale.value();
    const double old = keep.value();
    lapack::table().dsyrk(&options[0], &options[1], &sizes[0], &sizes[1], &by, a, &sizes[2], &old, c, &sizes[3]);
  });
}

void trsm(const BlasHandle& handle, const TrsmShape& shape, const double* alpha, const double* a, double* b) {
  std::vector<Extent> extents = {shape.a(a), shape.b(b)};
  const Scalar scale(handle, alpha, extents);
  handle.use(extents);
  enqueue(handle.stream, extents, [=] { shape.run(scale.value(), a, b); });
}

/// One side of C ← alpha·op(A) + beta·op(B).
struct Term {
  const double* data;
  std::int64_t ld;
  bool transposed;
  [[nodiscard]] double at(std::int64_t i, std::int64_t j) const {
    return transposed ? data[j + i * ld] : data[i + j * ld];
  }
  [[nodiscard]] Extent extent(std::int64_t m, std::int64_t n, const char* name) const {
    return matrix_extent(data, transposed ? n : m, transposed ? m : n, ld, name);
  }
};

void geam(const BlasHandle& handle, std::int64_t m, std::int64_t n, const double* alpha, const Term& a,
          const double* beta, const Term& b, double* c, std::int64_t ldc) {
  require(!(a.data == c && (a.transposed || a.ld != ldc)), "A is C, but transposed or of another leading dimension");
  require(!(b.data == c && (b.transposed || b.ld != ldc)), "B is C, but transposed or of another leading dimension");
  std::vector<Extent> extents = {matrix_extent(c, m, n, ldc, "C")};
  const Scalar by_a(handle, alpha, extents);
  const Scalar by_b(handle, beta, extents);
  const bool on_host = handle.pointers == CUBLAS_POINTER_MODE_HOST;
  if (!on_host || by_a.value() != 0) extents.push_back(a.extent(m, n, "A"));
  if (!on_host || by_b.value() != 0) extents.push_back(b.extent(m, n, "B"));
  enqueue(handle.stream, extents, [=] {
    const double x = by_a.value();
    const double y = by_b.value();
    for (std::int64_t j = 0; j < n; ++j)
      for (std::int64_t i = 0; i < m; ++i)
        c[i + j * ldc] = (x == 0 ? 0 : x * a.at(i, j)) + (y == 0 ? 0 : y * b.at(i, j));  // a zero: not read
  });
}

Extent vector_extent(const double* x, std::int64_t n, std::int64_t step, const char* name) {
  require(step > 0, "a step that is not positive, which the simulator does not know");
  return {x, n <= 0 ? 0 : static_cast<std::size_t>((n - 1) * step + 1) * sizeof(double), name};
}

void gemv(const BlasHandle& handle, const GemmShape& shape, const double* alpha, const double* a, const double* x,
          std::int64_t step_x, const double* beta, double* y, std::int64_t step_y) {
  const std::int64_t m = shape.m;
  const std::int64_t n = shape.k;
  const bool plain = shape.op_a == CUBLAS_OP_N;
  std::vector<Extent> extents = {matrix_extent(a, m, n, shape.lda, "A"), vector_extent(x, plain ? n : m, step_x, "x"),
                                 vector_extent(y, plain ? m : n, step_y, "y")};
  const Scalar scale(handle, alpha, extents);
  const Scalar keep(handle, beta, extents);
  enqueue(handle.stream, extents, [=, lda = shape.lda] {
    for (std::int64_t i = 0; i < (plain ? m : n); ++i) {
      double sum = 0;
      for (std::int64_t j = 0; j < (plain ? n : m); ++j)
        sum += (plain ? a[i + j * lda] : a[j + i * lda]) * x[j * step_x];
      double& to = y[i * step_y];
      to = scale.value() * sum + (keep.value() == 0 ? 0 : keep.value() * to);
    }
  });
}

}  // namespace
}  // namespace eigenlens::simulator

using namespace eigenlens::simulator;  // NOLINT: the functions below are C's

cublasStatus_t CUBLASWINAPI cublasDgemm_64(cublasHandle_t handle, cublasOperation_t op_a, cublasOperation_t op_b,
                                           int64_t m, int64_t n, int64_t k, const double* alpha, const double* a,
                                           int64_t lda, const double* b, int64_t ldb, const double* beta, double* c,
                                           int64_t ldc) {
  return blas_call("cublasDgemm", [&] {
    gemm(blas_handle(handle), {op_a, op_b, m, n, k, lda, ldb, ldc}, alpha, a, b, beta, c);
  });
}

cublasStatus_t CUBLASWINAPI cublasDgemm(cublasHandle_t handle, cublasOperation_t op_a, cublasOperation_t op_b, int m,
                                        int n, int k, const double* alpha, const double* a, int lda, const double* b,
                                        int ldb, const double* beta, double* c, int ldc) {
  return cublasDgemm_64(handle, op_a, op_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

cublasStatus_t CUBLASWINAPI cublasGemmEx(cublasHandle_t handle, cublasOperation_t op_a, cublasOperation_t op_b, int m,
                                         int n, int k, const void* alpha, const void* a, cudaDataType type_a, int lda,
                                         const void* b, cudaDataType type_b, int ldb, const void* beta, void* c,
                                         cudaDataType type_c, int ldc, cublasComputeType_t compute, cublasGemmAlgo_t) {
  return blas_call("cublasGemmEx", [&] {
    if (type_a != CUDA_R_64F || type_b != CUDA_R_64F || type_c != CUDA_R_64F ||
        (compute != CUBLAS_COMPUTE_64F && compute != CUBLAS_COMPUTE_64F_PEDANTIC))
      throw LibraryRefusal{"the simulator has GemmEx for float64 only", CUBLAS_STATUS_NOT_SUPPORTED};
    gemm(blas_handle(handle), {op_a, op_b, m, n, k, lda, ldb, ldc}, static_cast<const double*>(alpha),
         static_cast<const double*>(a), static_cast<const double*>(b), static_cast<const double*>(beta),
         static_cast<double*>(c));
  });
}

cublasStatus_t CUBLASWINAPI cublasDsyrk_64(cublasHandle_t handle, cublasFillMode_t uplo, cublasOperation_t op,
                                           int64_t n, int64_t k, const double* alpha, const double* a, int64_t lda,
                                           const double* beta, double* c, int64_t ldc) {
  return blas_call("cublasDsyrk", [&] { syrk(blas_handle(handle), {uplo, op, n, k, lda, ldc}, alpha, a, beta, c); });
}

cublasStatus_t CUBLASWINAPI cublasDsyrk(cublasHandle_t handle, cublasFillMode_t uplo, cublasOperation_t op, int n,
                                        int k, const double* alpha, const double* a, int lda, const double* beta,
                                        double* c, int ldc) {
  return cublasDsyrk_64(handle, uplo, op, n, k, alpha, a, lda, beta, c, ldc);
}

cublasStatus_t CUBLASWINAPI cublasDtrsm_64(cublasHandle_t handle, cublasSideMode_t side, cublasFillMode_t uplo,
                                           cublasOperation_t op, cublasDiagType_t diag, int64_t m, int64_t n,
                                           const double* alpha, const double* a, int64_t lda, double* b, int64_t ldb) {
  return blas_call("cublasDtrsm", [&] {
    trsm(blas_handle(handle), {side, uplo, op, diag, m, n, lda, ldb}, alpha, a, b);
  });
}

cublasStatus_t CUBLASWINAPI cublasDtrsm(cublasHandle_t handle, cublasSideMode_t side, cublasFillMode_t uplo,
                                        cublasOperation_t op, cublasDiagType_t diag, int m, int n, const double* alpha,
                                        const double* a, int lda, double* b, int ldb) {
  return cublasDtrsm_64(handle, side, uplo, op, diag, m, n, alpha, a, lda, b, ldb);
}

cublasStatus_t CUBLASWINAPI cublasDgeam_64(cublasHandle_t handle, cublasOperation_t op_a, cublasOperation_t op_b,
                                           int64_t m, int64_t n, const double* alpha, const double* a, int64_t lda,
                                           const double* beta, const double* b, int64_t ldb, double* c, int64_t ldc) {
  return blas_call("cublasDgeam", [&] {
    geam(blas_handle(handle), m, n, alpha, {a, lda, op_a != CUBLAS_OP_N}, beta, {b, ldb, op_b != CUBLAS_OP_N}, c, ldc);
  });
}

cublasStatus_t CUBLASWINAPI cublasDgeam(cublasHandle_t handle, cublasOperation_t op_a, cublasOperation_t op_b, int m,
                                        int n, const double* alpha, const double* a, int lda, const double* beta,
                                        const double* b, int ldb, double* c, int ldc) {
  return cublasDgeam_64(handle, op_a, op_b, m, n, alpha, a, lda, beta, b, ldb, c, ldc);
}

cublasStatus_t CUBLASWINAPI cublasDgemv_64(cublasHandle_t handle, cublasOperation_t op, int64_t m, int64_t n,
                                           const double* alpha, const double* a, int64_t lda, const double* x,
                                           int64_t step_x, const double* beta, double* y, int64_t step_y) {
  return blas_call("cublasDgemv", [&] {
    gemv(blas_handle(handle), {op, CUBLAS_OP_N, m, 1, n, lda, 0, 0}, alpha, a, x, step_x, beta, y, step_y);
  });
}

cublasStatus_t CUBLASWINAPI cublasDgemv(cublasHandle_t handle, cublasOperation_t op, int m, int n, const double* alpha,
                                        const double* a, int lda, const double* x, int step_x, const double* beta,
                                        double* y, int step_y) {
  return cublasDgemv_64(handle, op, m, n, alpha, a, lda, x, step_x, beta, y, step_y);
}

cublasStatus_t CUBLASWINAPI cublasDnrm2_64(cublasHandle_t handle, int64_t n, const double* x, int64_t step,
                                           double* result) {
  return blas_call("cublasDnrm2", [&] {
    const BlasHandle& set = blas_handle(handle);
    const bool on_device = set.pointers == CUBLAS_POINTER_MODE_DEVICE;
    std::vector<Extent> extents = {vector_extent(x, n, step, "x")};
    if (on_device) extents.push_back({result, sizeof(double), "the result"});
    enqueue(set.stream, extents, [=] {
      double norm = 0;
      for (int64_t i = 0; i < n; ++i) norm = std::hypot(norm, x[i * step]);
      *result = norm;
    });
    if (!on_device) drain(set.stream);
  });
}

cublasStatus_t CUBLASWINAPI cublasDnrm2(cublasHandle_t handle, int n, const double* x, int step, double* result) {
  return cublasDnrm2_64(handle, n, x, step, result);
}
