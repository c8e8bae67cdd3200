// SPDX-License-Identifier: Apache-2.0
/// \file
/// What the files of the simulated cuBLAS share: handles, scalars and the memory of matrices.
#pragma once

#include <cublas_v2.h>

#include <cstdint>
#include <vector>

#include "simulator/call.hpp"
#include "simulator/stream.hpp"

namespace eigenlens::simulator {

struct BlasHandle {
  int device = 0;
  cudaStream_t stream = nullptr;
  cublasMath_t math = CUBLAS_DEFAULT_MATH;
  cublasAtomicsMode_t atomics = CUBLAS_ATOMICS_NOT_ALLOWED;
  cublasPointerMode_t pointers = CUBLAS_POINTER_MODE_HOST;
  void* workspace = nullptr;
  std::size_t workspace_bytes = 0;

  /// Every operation may write into the workspace that it was given.
  void use(std::vector<Extent>& extents) const { extents.push_back({workspace, workspace_bytes, "the workspace"}); }
};

BlasHandle& blas_handle(cublasHandle_t handle);
bool is_blas_handle(void* handle);

template <class Work>
cublasStatus_t blas_call(const char* api, Work work) {
  return library_call(api, CUBLAS_STATUS_INVALID_VALUE, CUBLAS_STATUS_EXECUTION_FAILED, work);
}

/// Alpha or beta: read now if it is in host memory, when the operation runs if it is in device memory.
class Scalar {
 public:
  Scalar(const BlasHandle& handle, const double* data, std::vector<Extent>& extents);
  [[nodiscard]] double value() const { return device_ ? *device_ : value_; }

 private:
  const double* device_ = nullptr;
  double value_ = 0;
};

/// A column-major matrix in device memory, of float64 unless `size` says otherwise; throws a Refusal if its leading
/// dimension is below its rows or a size is negative.
Extent matrix_extent(const void* data, std::int64_t rows, std::int64_t cols, std::int64_t ld, const char* name,
                     std::size_t size = sizeof(double));

/// The host's BLAS counts in 32 bits.
int checked_int(std::int64_t value);
char letter(cublasOperation_t op);
char letter(cublasFillMode_t uplo);
char letter(cublasSideMode_t side);
char letter(cublasDiagType_t diag);

/// C ← alpha·op(A)·op(B) + beta·C. A value, so that operations can hold it.
struct GemmShape {
  cublasOperation_t op_a;
  cublasOperation_t op_b;
  std::int64_t m;
  std::int64_t n;
  std::int64_t k;
  std::int64_t lda;
  std::int64_t ldb;
  std::int64_t ldc;

  [[nodiscard]] Extent a(const void* data) const;
  [[nodiscard]] Extent b(const void* data) const;
  [[nodiscard]] Extent c(const void* data) const;
  void run(double alpha, const double* a, const double* b, double beta, double* c) const;
};

/// op(A)·X = alpha·B or X·op(A) = alpha·B, X over B.
struct TrsmShape {
  cublasSideMode_t side;
  cublasFillMode_t uplo;
  cublasOperation_t op;
  cublasDiagType_t diag;
  std::int64_t m;
  std::int64_t n;
  std::int64_t lda;
  std::int64_t ldb;

  [[nodiscard]] Extent a(const void* data) const;
  [[nodiscard]] Extent b(const void* data) const;
  void run(double alpha, const double* a, double* b) const;
};

void gemm(const BlasHandle& handle, const GemmShape& shape, const double* alpha, const double* a, const double* b,
          const double* beta, double* c);

}  // namespace eigenlens::simulator
