// SPDX-License-Identifier: Apache-2.0
// Handles of cuBLAS and what is asked of its operands.
#include "simulator/blas.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "host/lapack.hpp"
#include "simulator/context.hpp"

namespace eigenlens::simulator {
namespace {

Registry<BlasHandle>& handles() {
  static auto& instance = *new Registry<BlasHandle>;
  return instance;
}

}  // namespace

BlasHandle& blas_handle(cublasHandle_t handle) {
  BlasHandle& found = handles().find(handle, "cuBLAS handle");
  require_used(found.device, "the cuBLAS handle");
  return found;
}
bool is_blas_handle(void* handle) { return handles().contains(handle); }

Scalar::Scalar(const BlasHandle& handle, const double* data, std::vector<Extent>& extents) {
  require(data, "a scalar is null");
  if (handle.pointers == CUBLAS_POINTER_MODE_DEVICE) {
    device_ = data;
    extents.push_back({data, sizeof(double), "a scalar"});
  } else {
    require(!is_device(data), "a scalar is in device memory, but the pointer mode is host");
    value_ = *data;
  }
}

Extent matrix_extent(const void* data, std::int64_t rows, std::int64_t cols, std::int64_t ld, const char* name,
                     std::size_t size) {
  if (rows < 0 || cols < 0) throw Refusal{fmt::format("{} has {} rows and {} columns", name, rows, cols)};
  if (ld < std::max<std::int64_t>(1, rows))
    throw Refusal{fmt::format("{} has {} rows, but leading dimension {}", name, rows, ld)};
  if (rows == 0 || cols == 0) return {data, 0, name};
  return {data, static_cast<std::size_t>((cols - 1) * ld + rows) * size, name};
}

int checked_int(std::int64_t value) {
  require(value <= std::numeric_limits<int>::max(), "a size beyond 32 bits, too large for the simulator");
  return static_cast<int>(value);
}

char letter(cublasOperation_t op) { return op == CUBLAS_OP_N ? 'N' : 'T'; }
char letter(cublasFillMode_t uplo) {
  require(uplo == CUBLAS_FILL_MODE_LOWER || uplo == CUBLAS_FILL_MODE_UPPER, "which triangle?");
  return uplo == CUBLAS_FILL_MODE_LOWER ? 'L' : 'U';
}
char letter(cublasSideMode_t side) { return side == CUBLAS_SIDE_LEFT ? 'L' : 'R'; }
char letter(cublasDiagType_t diag) { return diag == CUBLAS_DIAG_UNIT ? 'U' : 'N'; }

Extent GemmShape::a(const void* data) const {
  return op_a == CUBLAS_OP_N ? matrix_extent(data, m, k, lda, "A") : matrix_extent(data, k, m, lda, "A");
}
Extent GemmShape::b(const void* data) const {
  return op_b == CUBLAS_OP_N ? matrix_extent(data, k, n, ldb, "B") : matrix_extent(data, n, k, ldb, "B");
}
Extent GemmShape::c(const void* data) const { return matrix_extent(data, m, n, ldc, "C"); }

void GemmShape::run(double alpha, const double* a, const double* b, double beta, double* c) const {
  if (m == 0 || n == 0) return;
  const char ops[2] = {letter(op_a), letter(op_b)};
  const int sizes[3] = {checked_int(m), checked_int(n), checked_int(k)};
  const int ld[3] = {checked_int(lda), checked_int(ldb), checked_int(ldc)};
  lapack::table().dgemm(&ops[0], &ops[1], &sizes[0], &sizes[1], &sizes[2], &alpha, a, &ld[0], b, &ld[1], &beta, c,
                        &ld[2]);
}

Extent TrsmShape::a(const void* data) const {
  const std::int64_t order = side == CUBLAS_SIDE_LEFT ? m : n;
  return matrix_extent(data, order, order, lda, "A");
}
Extent TrsmShape::b(const void* data) const { return matrix_extent(data, m, n, ldb, "B"); }

void TrsmShape::run(double alpha, const double* a, double* b) const {
  if (m == 0 || n == 0) return;
  const char options[4] = {letter(side), letter(uplo), letter(op), letter(diag)};
  const int sizes[4] = {checked_int(m), checked_int(n), checked_int(lda), checked_int(ldb)};
  lapack::table().dtrsm(&options[0], &options[1], &options[2], &options[3], &sizes[0], &sizes[1], &alpha, a, &sizes[2],
                        b, &sizes[3]);
}

}  // namespace eigenlens::simulator

using namespace eigenlens::simulator;  // NOLINT: the functions below are C's

cublasStatus_t CUBLASWINAPI cublasCreate(cublasHandle_t* handle) {
  return blas_call("cublasCreate", [&] {
    require(handle, "nowhere to put the handle");
    *handle = reinterpret_cast<cublasHandle_t>(handles().add(new BlasHandle{.device = used_device()}));
  });
}

cublasStatus_t CUBLASWINAPI cublasDestroy(cublasHandle_t handle) {
  const std::lock_guard lock(mutex());
  if (const int status = injected_failure("cublasDestroy")) return static_cast<cublasStatus_t>(status);
  if (!handles().contains(handle)) return CUBLAS_STATUS_NOT_INITIALIZED;
  handles().remove(handle, "cuBLAS handle");
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t CUBLASWINAPI cublasGetVersion(cublasHandle_t handle, int* version) {
  return blas_call("cublasGetVersion", [&] {
    if (handle) blas_handle(handle);
    *version = CUBLAS_VERSION;
  });
}

cublasStatus_t CUBLASWINAPI cublasGetProperty(libraryPropertyType type, int* value) {
  *value = type == MAJOR_VERSION ? CUBLAS_VER_MAJOR : type == MINOR_VERSION ? CUBLAS_VER_MINOR : CUBLAS_VER_PATCH;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t CUBLASWINAPI cublasSetStream(cublasHandle_t handle, cudaStream_t stream) {
  return blas_call("cublasSetStream", [&] {
    require_stream(stream);
    BlasHandle& set = blas_handle(handle);
    set.stream = stream;
    set.workspace = nullptr;  // as the real one: back to a workspace of its own
    set.workspace_bytes = 0;
  });
}

cublasStatus_t CUBLASWINAPI cublasGetStream(cublasHandle_t handle, cudaStream_t* stream) {
  return blas_call("cublasGetStream", [&] { *stream = blas_handle(handle).stream; });
}

cublasStatus_t CUBLASWINAPI cublasSetMathMode(cublasHandle_t handle, cublasMath_t mode) {
  return blas_call("cublasSetMathMode", [&] { blas_handle(handle).math = mode; });
}

cublasStatus_t CUBLASWINAPI cublasGetMathMode(cublasHandle_t handle, cublasMath_t* mode) {
  return blas_call("cublasGetMathMode", [&] { *mode = blas_handle(handle).math; });
}

cublasStatus_t CUBLASWINAPI cublasSetEmulationStrategy(cublasHandle_t handle, cublasEmulationStrategy_t) {
  return blas_call("cublasSetEmulationStrategy", [&] { blas_handle(handle); });
}

cublasStatus_t CUBLASWINAPI cublasSetAtomicsMode(cublasHandle_t handle, cublasAtomicsMode_t mode) {
  return blas_call("cublasSetAtomicsMode", [&] { blas_handle(handle).atomics = mode; });
}

cublasStatus_t CUBLASWINAPI cublasGetAtomicsMode(cublasHandle_t handle, cublasAtomicsMode_t* mode) {
  return blas_call("cublasGetAtomicsMode", [&] { *mode = blas_handle(handle).atomics; });
}

cublasStatus_t CUBLASWINAPI cublasSetPointerMode(cublasHandle_t handle, cublasPointerMode_t mode) {
  return blas_call("cublasSetPointerMode", [&] { blas_handle(handle).pointers = mode; });
}

cublasStatus_t CUBLASWINAPI cublasGetPointerMode(cublasHandle_t handle, cublasPointerMode_t* mode) {
  return blas_call("cublasGetPointerMode", [&] { *mode = blas_handle(handle).pointers; });
}

cublasStatus_t CUBLASWINAPI cublasSetWorkspace(cublasHandle_t handle, void* workspace, std::size_t bytes) {
  return blas_call("cublasSetWorkspace", [&] {
    BlasHandle& set = blas_handle(handle);
    require(reinterpret_cast<std::uintptr_t>(workspace) % 256 == 0, "the workspace is not aligned to 256 bytes");
    require_device({workspace, bytes, "the workspace"});
    set.workspace = workspace;
    set.workspace_bytes = bytes;
  });
}

const char* CUBLASWINAPI cublasGetStatusName(cublasStatus_t status) {
  switch (status) {
    case CUBLAS_STATUS_SUCCESS:
      return "CUBLAS_STATUS_SUCCESS";
    case CUBLAS_STATUS_NOT_INITIALIZED:
      return "CUBLAS_STATUS_NOT_INITIALIZED";
    case CUBLAS_STATUS_ALLOC_FAILED:
      return "CUBLAS_STATUS_ALLOC_FAILED";
    case CUBLAS_STATUS_INVALID_VALUE:
      return "CUBLAS_STATUS_INVALID_VALUE";
    case CUBLAS_STATUS_ARCH_MISMATCH:
      return "CUBLAS_STATUS_ARCH_MISMATCH";
    case CUBLAS_STATUS_MAPPING_ERROR:
      return "CUBLAS_STATUS_MAPPING_ERROR";
    case CUBLAS_STATUS_EXECUTION_FAILED:
      return "CUBLAS_STATUS_EXECUTION_FAILED";
    case CUBLAS_STATUS_INTERNAL_ERROR:
      return "CUBLAS_STATUS_INTERNAL_ERROR";
    case CUBLAS_STATUS_NOT_SUPPORTED:
      return "CUBLAS_STATUS_NOT_SUPPORTED";
    case CUBLAS_STATUS_LICENSE_ERROR:
      return "CUBLAS_STATUS_LICENSE_ERROR";
  }
  return "unknown cuBLAS status";
}

const char* CUBLASWINAPI cublasGetStatusString(cublasStatus_t status) { return cublasGetStatusName(status); }
