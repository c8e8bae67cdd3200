// SPDX-License-Identifier: Apache-2.0
// cuSOLVER's syevj: as syevd, without a promise of how. Its settings are accepted and change nothing.
#include <algorithm>

#include "host/lapack.hpp"
#include "simulator/solver.hpp"

namespace eigenlens::simulator {
namespace {

constexpr const char* api = "cusolverDnDsyevj";

SolverShape shape_of(cusolverEigMode_t mode, cublasFillMode_t uplo, int n, int lda) {
  return {api, {mode, uplo, n, lda}};
}

std::size_t workspace_bytes(int n) {
  return (2 * static_cast<std::size_t>(n) * static_cast<std::size_t>(n) + 64) * sizeof(double);
}

int solve(char job, char uplo, int n, double* a, int lda, double* w) {
  if (n == 0) return 0;
  double length = 0;
  int int_length = 0, info = 0;
  const int ask = -1;
  const auto& table = lapack::table();
  table.dsyevd(&job, &uplo, &n, a, &lda, w, &length, &ask, &int_length, &ask, &info);
  std::vector<double> work(static_cast<std::size_t>(length));
  std::vector<int> int_work(static_cast<std::size_t>(int_length));
  const int sizes[2] = {static_cast<int>(work.size()), static_cast<int>(int_work.size())};
  table.dsyevd(&job, &uplo, &n, a, &lda, w, work.data(), &sizes[0], int_work.data(), &sizes[1], &info);
  return info;
}

}  // namespace
}  // namespace eigenlens::simulator

using namespace eigenlens::simulator;  // NOLINT: the functions below are C's

/// Opaque in the toolkit's header.
struct syevjInfo {};

cusolverStatus_t CUSOLVERAPI cusolverDnCreateSyevjInfo(syevjInfo_t* info) {
  return solver_call("cusolverDnCreateSyevjInfo", [&] {
    require(info, "a null pointer");
    *info = new syevjInfo;
  });
}

cusolverStatus_t CUSOLVERAPI cusolverDnDestroySyevjInfo(syevjInfo_t info) {
  return solver_call("cusolverDnDestroySyevjInfo", [&] { delete info; });
}

cusolverStatus_t CUSOLVERAPI cusolverDnDsyevj_bufferSize(cusolverDnHandle_t handle, cusolverEigMode_t mode,
                                                         cublasFillMode_t uplo, int n, const double* a, int lda,
                                                         const double* w, int* size, syevjInfo_t settings) {
  return solver_call("cusolverDnDsyevj_bufferSize", [&] {
    solver_handle(handle);
    require(settings && w && size, "a null pointer");
    static_cast<void>(matrix_extent(a, n, n, lda, "A"));
    std::size_t device = 0, host = 0;
    announce_workspace(shape_of(mode, uplo, n, lda), workspace_bytes(n), 0, &device, &host);
    *size = static_cast<int>(device / sizeof(double));
  });
}

cusolverStatus_t CUSOLVERAPI cusolverDnDsyevj(cusolverDnHandle_t handle, cusolverEigMode_t mode, cublasFillMode_t uplo,
                                              int n, double* a, int lda, double* w, double* work, int size, int* info,
                                              syevjInfo_t settings) {
  return solver_call(api, [&] {
    const SolverHandle& set = solver_handle(handle);
    require(settings, "a null pointer");
    std::vector<Extent> extents = {matrix_extent(a, n, n, lda, "A"),
                                   {w, static_cast<std::size_t>(n) * sizeof(double), "W"},
                                   {info, sizeof(int), "info"}};
    const std::size_t bytes = static_cast<std::size_t>(size) * sizeof(double);
    const SolverWorkspace workspace =
        required_workspace(shape_of(mode, uplo, n, lda), {work, bytes, nullptr, 0}, extents);
    const char job = mode == CUSOLVER_EIG_MODE_VECTOR ? 'V' : 'N', side = letter(uplo);
    enqueue(set.stream, extents, [=] {
      *info = solve(job, side, n, a, lda, w);
      use_up(workspace);
    });
  });
}
