// SPDX-License-Identifier: Apache-2.0
// cuSOLVER's symmetric eigenproblems: ascending eigenvalues, eigenvectors over A.
#include <algorithm>
#include <cstdint>
#include <limits>

#include "host/lapack.hpp"
#include "simulator/solver.hpp"

namespace eigenlens::simulator {
namespace {

struct EigenShape {
  cusolverEigMode_t mode;
  cublasFillMode_t uplo;
  std::int64_t n;
  std::int64_t lda;
  std::int64_t batches;

  [[nodiscard]] SolverShape of(const char* api) const { return {api, {mode, uplo, n, lda, batches}}; }
  [[nodiscard]] Extent matrices(const void* a) const {
    require(batches >= 0, "a negative number of matrices");
    require(batches == 1 || n * lda * batches <= std::numeric_limits<std::int32_t>::max(),
            "n · lda · batchSize beyond 32 bits");
    return matrix_extent(a, n, n * batches, lda, "A");
  }
  /// About what the real one asks for.
  [[nodiscard]] std::size_t device_bytes() const {
    return static_cast<std::size_t>((2 * n * n + 33 * n + 1) * batches) * sizeof(double);
  }
  [[nodiscard]] std::size_t host_bytes() const { return static_cast<std::size_t>(n + 8) * sizeof(double); }
};

int solve_one(const EigenShape& shape, char uplo, double* a, double* w) {
  const char job = shape.mode == CUSOLVER_EIG_MODE_VECTOR ? 'V' : 'N';
  const int n = checked_int(shape.n);
  const int lda = checked_int(shape.lda);
  int info = 0;
  if (n == 0) return info;
  double length = 0;
  int int_length = 0;
  const int ask = -1;
  lapack::table().dsyevd(&job, &uplo, &n, a, &lda, w, &length, &ask, &int_length, &ask, &info);
  std::vector<double> work(static_cast<std::size_t>(length));
  std::vector<int> int_work(static_cast<std::size_t>(int_length));
  const int sizes[2] = {static_cast<int>(work.size()), static_cast<int>(int_work.size())};
  lapack::table().dsyevd(&job, &uplo, &n, a, &lda, w, work.data(), &sizes[0], int_work.data(), &sizes[1], &info);
  return info;
}

/// Everything that a call leaves behind for one matrix.
void solve(const EigenShape& shape, char uplo, const Spoiling& spoiling, double* a, double* w, int* info) {
  *info = spoiling.info(solve_one(shape, uplo, a, w));
  if (*info != 0) poison_matrix(w, shape.n, 1, std::max<std::int64_t>(1, shape.n));
  if (*info != 0 || shape.mode != CUSOLVER_EIG_MODE_VECTOR)
    poison_matrix(a, shape.n, shape.n, shape.lda);  // destroyed, says the documentation
  else if (spoiling.corrupt)
    exchange_halves(a, shape.n, shape.n, shape.lda, 1);
}

void start(const char* api, const SolverHandle& handle, const EigenShape& shape, double* a, double* w, int* info,
           const SolverWorkspace& given) {
  std::vector<Extent> extents = {shape.matrices(a),
                                 {w, static_cast<std::size_t>(shape.n * shape.batches) * sizeof(double), "W"},
                                 {info, static_cast<std::size_t>(shape.batches) * sizeof(int), "info"}};
  const SolverWorkspace workspace = required_workspace(shape.of(api), given, extents);
  const Spoiling first(api);
  const char uplo = letter(shape.uplo);
  enqueue(handle.stream, extents, [=] {
    Spoiling spoiling = first;
    for (std::int64_t i = 0; i < shape.batches; ++i) {
      solve(shape, uplo, spoiling, a + i * shape.n * shape.lda, w + i * shape.n, info + i);
      spoiling.has_info = false;  // one of the matrices is enough
      spoiling.corrupt = false;
    }
    use_up(workspace);
  });
}

void announce(const char* api, const EigenShape& shape, const void* a, size_t* device, size_t* host) {
  static_cast<void>(shape.matrices(a));
  announce_workspace(shape.of(api), shape.device_bytes(), shape.host_bytes(), device, host);
}

}  // namespace
}  // namespace eigenlens::simulator

using namespace eigenlens::simulator;  // NOLINT: the functions below are C's

cusolverStatus_t CUSOLVERAPI cusolverDnXsyevd_bufferSize(cusolverDnHandle_t handle, cusolverDnParams_t parameters,
                                                         cusolverEigMode_t mode, cublasFillMode_t uplo, int64_t n,
                                                         cudaDataType type_a, const void* a, int64_t lda,
                                                         cudaDataType type_w, const void*, cudaDataType compute,
                                                         size_t* device, size_t* host) {
  return solver_call("cusolverDnXsyevd_bufferSize", [&] {
    solver_handle(handle);
    require_parameters(parameters);
    for (const auto type : {type_a, type_w, compute}) require_float64(type);
    announce("cusolverDnXsyevd", {mode, uplo, n, lda, 1}, a, device, host);
  });
}

cusolverStatus_t CUSOLVERAPI cusolverDnXsyevd(cusolverDnHandle_t handle, cusolverDnParams_t parameters,
                                              cusolverEigMode_t mode, cublasFillMode_t uplo, int64_t n,
                                              cudaDataType type_a, void* a, int64_t lda, cudaDataType type_w, void* w,
                                              cudaDataType compute, void* device, size_t device_bytes, void* host,
                                              size_t host_bytes, int* info) {
  return solver_call("cusolverDnXsyevd", [&] {
    require_parameters(parameters);
    for (const auto type : {type_a, type_w, compute}) require_float64(type);
    start("cusolverDnXsyevd", solver_handle(handle), {mode, uplo, n, lda, 1}, static_cast<double*>(a),
          static_cast<double*>(w), info, {device, device_bytes, host, host_bytes});
  });
}

cusolverStatus_t CUSOLVERAPI cusolverDnXsyevBatched_bufferSize(cusolverDnHandle_t handle, cusolverDnParams_t parameters,
                                                               cusolverEigMode_t mode, cublasFillMode_t uplo, int64_t n,
                                                               cudaDataType type_a, const void* a, int64_t lda,
                                                               cudaDataType type_w, const void*, cudaDataType compute,
                                                               size_t* device, size_t* host, int64_t batches) {
  return solver_call("cusolverDnXsyevBatched_bufferSize", [&] {
    solver_handle(handle);
    require_parameters(parameters);
    for (const auto type : {type_a, type_w, compute}) require_float64(type);
    announce("cusolverDnXsyevBatched", {mode, uplo, n, lda, batches}, a, device, host);
  });
}

cusolverStatus_t CUSOLVERAPI cusolverDnXsyevBatched(cusolverDnHandle_t handle, cusolverDnParams_t parameters,
                                                    cusolverEigMode_t mode, cublasFillMode_t uplo, int64_t n,
                                                    cudaDataType type_a, void* a, int64_t lda, cudaDataType type_w,
                                                    void* w, cudaDataType compute, void* device, size_t device_bytes,
                                                    void* host, size_t host_bytes, int* info, int64_t batches) {
  return solver_call("cusolverDnXsyevBatched", [&] {
    require_parameters(parameters);
    for (const auto type : {type_a, type_w, compute}) require_float64(type);
    start("cusolverDnXsyevBatched", solver_handle(handle), {mode, uplo, n, lda, batches}, static_cast<double*>(a),
          static_cast<double*>(w), info, {device, device_bytes, host, host_bytes});
  });
}
