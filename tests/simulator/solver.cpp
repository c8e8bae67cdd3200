// SPDX-License-Identifier: Apache-2.0
// Handles and workspaces of cuSOLVER; the Cholesky factorization and the triangular inverse.
#include "simulator/solver.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>

#include "host/lapack.hpp"
#include "simulator/context.hpp"

namespace eigenlens::simulator {
namespace {

struct SolverParameters {};

Registry<SolverHandle>& handles() {
  static auto& instance = *new Registry<SolverHandle>;
  return instance;
}

Registry<SolverParameters>& parameter_sets() {
  static auto& instance = *new Registry<SolverParameters>;
  return instance;
}

struct Announced {
  std::size_t device;
  std::size_t host;
};

std::map<SolverShape, Announced>& announced() {
  static auto& instance = *new std::map<SolverShape, Announced>;
  return instance;
}

}  // namespace

SolverHandle& solver_handle(cusolverDnHandle_t handle) {
  SolverHandle& found = handles().find(handle, "cuSOLVER handle");
  require_used(found.device, "the cuSOLVER handle");
  return found;
}

void require_parameters(cusolverDnParams_t parameters) {
  if (parameters) parameter_sets().find(parameters, "cuSOLVER parameters");
}

void require_float64(cudaDataType type) {
  if (type != CUDA_R_64F) throw LibraryRefusal{"the simulator has float64 only", CUSOLVER_STATUS_NOT_SUPPORTED};
}

void announce_workspace(const SolverShape& shape, std::size_t device, std::size_t host, std::size_t* device_answer,
                        std::size_t* host_answer) {
  require(device_answer && host_answer, "nowhere to put the sizes");
  announced()[shape] = {device, host};
  *device_answer = device;
  *host_answer = host;
}

SolverWorkspace required_workspace(const SolverShape& shape, SolverWorkspace workspace, std::vector<Extent>& extents) {
  const auto found = announced().find(shape);
  require(found != announced().end(), "bufferSize was never called with these sizes and options");
  const auto& [device, host] = found->second;
  if (workspace.device_bytes < device || workspace.host_bytes < host)
    throw Refusal{fmt::format("a workspace of {} bytes on the device and {} on the host, needed are {} and {}",
                              workspace.device_bytes, workspace.host_bytes, device, host)};
  require(host == 0 || (workspace.host && !is_device(workspace.host)), "the host's workspace is not in host memory");
  static unsigned char calls = 0;
  workspace.signature = ++calls;
  if (workspace.host_bytes > 0) std::memset(workspace.host, workspace.signature, workspace.host_bytes);
  extents.push_back({workspace.device, workspace.device_bytes, "the workspace"});
  return workspace;
}

void use_up(const SolverWorkspace& workspace) {
  const auto* host = static_cast<const unsigned char*>(workspace.host);
  const bool own = std::all_of(host, host + workspace.host_bytes,
                               [&workspace](unsigned char byte) { return byte == workspace.signature; });
  require(own, "the host's workspace was used by someone else before the routine had run", cudaErrorIllegalAddress);
  if (workspace.host_bytes > 0) std::memset(workspace.host, poison, workspace.host_bytes);
  if (workspace.device_bytes > 0) std::memset(workspace.device, poison, workspace.device_bytes);
}

Spoiling::Spoiling(const std::string& api) : corrupt(injected_corruption(api)) {
  if (const auto wanted = injected_info(api)) {
    has_info = true;
    forced_info = *wanted;
  }
}

void exchange_halves(double* vectors, std::int64_t n, std::int64_t count, std::int64_t step, std::int64_t stride) {
  if (n == 0 || count == 0) return;
  if (count == 1) {
    vectors[0] *= 0.5;
    return;
  }
  double* last = vectors + (count - 1) * step;
  for (std::int64_t i = 0; i < (n + 1) / 2; ++i) std::swap(vectors[i * stride], last[i * stride]);
}

void poison_matrix(double* a, std::int64_t rows, std::int64_t cols, std::int64_t ld) {
  for (std::int64_t j = 0; j < cols; ++j)
    std::memset(a + j * ld, poison, static_cast<std::size_t>(rows) * sizeof(double));
}

namespace {

/// A routine that works in place on one triangle.
struct Triangle {
  cublasFillMode_t uplo;
  std::int64_t n;
  std::int64_t lda;
};

std::size_t triangle_workspace(std::int64_t n) { return static_cast<std::size_t>(n) * 64 * sizeof(double); }

template <class Routine>
void run_triangle(const SolverHandle& handle, const SolverShape& shape, const Triangle& triangle, double* a,
                  const SolverWorkspace& given, int* info, Routine routine) {
  std::vector<Extent> extents = {matrix_extent(a, triangle.n, triangle.n, triangle.lda, "A"),
                                 {info, sizeof(int), "info"}};
  const SolverWorkspace workspace = required_workspace(shape, given, extents);
  const Spoiling spoiling(shape.api);
  const char uplo = letter(triangle.uplo);
  enqueue(handle.stream, extents, [=] {
    const int n = checked_int(triangle.n);
    const int lda = checked_int(triangle.lda);
    int result = 0;
    if (n > 0) routine(uplo, n, a, lda, result);
    *info = spoiling.info(result);
    use_up(workspace);
  });
}

}  // namespace
}  // namespace eigenlens::simulator

using namespace eigenlens::simulator;  // NOLINT: the functions below are C's

cusolverStatus_t CUSOLVERAPI cusolverDnCreate(cusolverDnHandle_t* handle) {
  return solver_call("cusolverDnCreate", [&] {
    require(handle, "nowhere to put the handle");
    *handle = reinterpret_cast<cusolverDnHandle_t>(handles().add(new SolverHandle{.device = used_device()}));
  });
}

cusolverStatus_t CUSOLVERAPI cusolverDnDestroy(cusolverDnHandle_t handle) {
  const std::lock_guard lock(mutex());
  if (const int status = injected_failure("cusolverDnDestroy")) return static_cast<cusolverStatus_t>(status);
  if (!handles().contains(handle)) return CUSOLVER_STATUS_NOT_INITIALIZED;
  handles().remove(handle, "cuSOLVER handle");
  return CUSOLVER_STATUS_SUCCESS;
}

cusolverStatus_t CUSOLVERAPI cusolverDnSetStream(cusolverDnHandle_t handle, cudaStream_t stream) {
  return solver_call("cusolverDnSetStream", [&] {
    require_stream(stream);
    solver_handle(handle).stream = stream;
  });
}

cusolverStatus_t CUSOLVERAPI cusolverDnGetStream(cusolverDnHandle_t handle, cudaStream_t* stream) {
  return solver_call("cusolverDnGetStream", [&] { *stream = solver_handle(handle).stream; });
}

cusolverStatus_t CUSOLVERAPI cusolverDnSetDeterministicMode(cusolverDnHandle_t handle,
                                                            cusolverDeterministicMode_t mode) {
  return solver_call("cusolverDnSetDeterministicMode", [&] { solver_handle(handle).deterministic = mode; });
}

cusolverStatus_t CUSOLVERAPI cusolverDnGetDeterministicMode(cusolverDnHandle_t handle,
                                                            cusolverDeterministicMode_t* mode) {
  return solver_call("cusolverDnGetDeterministicMode", [&] { *mode = solver_handle(handle).deterministic; });
}

cusolverStatus_t CUSOLVERAPI cusolverDnSetMathMode(cusolverDnHandle_t handle, cusolverMathMode_t mode) {
  return solver_call("cusolverDnSetMathMode", [&] { solver_handle(handle).math = mode; });
}

cusolverStatus_t CUSOLVERAPI cusolverDnCreateParams(cusolverDnParams_t* parameters) {
  return solver_call("cusolverDnCreateParams", [&] {
    *parameters = reinterpret_cast<cusolverDnParams_t>(parameter_sets().add(new SolverParameters));
  });
}

cusolverStatus_t CUSOLVERAPI cusolverDnDestroyParams(cusolverDnParams_t parameters) {
  const std::lock_guard lock(mutex());
  if (!parameter_sets().contains(parameters)) return CUSOLVER_STATUS_INVALID_VALUE;
  parameter_sets().remove(parameters, "cuSOLVER parameters");
  return CUSOLVER_STATUS_SUCCESS;
}

cusolverStatus_t CUSOLVERAPI cusolverGetProperty(libraryPropertyType type, int* value) {
  *value = type == MAJOR_VERSION ? CUSOLVER_VER_MAJOR : type == MINOR_VERSION ? CUSOLVER_VER_MINOR : CUSOLVER_VER_PATCH;
  return CUSOLVER_STATUS_SUCCESS;
}

cusolverStatus_t CUSOLVERAPI cusolverGetVersion(int* version) {
  *version = CUSOLVER_VERSION;
  return CUSOLVER_STATUS_SUCCESS;
}

namespace {
SolverShape potrf_shape(const Triangle& triangle) {
  return {"cusolverDnXpotrf", {triangle.uplo, triangle.n, triangle.lda}};
}
SolverShape trtri_shape(const Triangle& triangle, cublasDiagType_t diag) {
  return {"cusolverDnXtrtri", {triangle.uplo, diag, triangle.n, triangle.lda}};
}
}  // namespace

cusolverStatus_t CUSOLVERAPI cusolverDnXpotrf_bufferSize(cusolverDnHandle_t handle, cusolverDnParams_t parameters,
                                                         cublasFillMode_t uplo, int64_t n, cudaDataType type,
                                                         const void* a, int64_t lda, cudaDataType compute,
                                                         size_t* device, size_t* host) {
  return solver_call("cusolverDnXpotrf_bufferSize", [&] {
    solver_handle(handle);
    require_parameters(parameters);
    for (const auto asked : {type, compute}) require_float64(asked);
    static_cast<void>(matrix_extent(a, n, n, lda, "A"));
    announce_workspace(potrf_shape({uplo, n, lda}), triangle_workspace(n), 0, device, host);
  });
}

cusolverStatus_t CUSOLVERAPI cusolverDnXpotrf(cusolverDnHandle_t handle, cusolverDnParams_t parameters,
                                              cublasFillMode_t uplo, int64_t n, cudaDataType type, void* a, int64_t lda,
                                              cudaDataType compute, void* device, size_t device_bytes, void* host,
                                              size_t host_bytes, int* info) {
  return solver_call("cusolverDnXpotrf", [&] {
    require_parameters(parameters);
    for (const auto asked : {type, compute}) require_float64(asked);
    const Triangle triangle{uplo, n, lda};
    run_triangle(solver_handle(handle), potrf_shape(triangle), triangle, static_cast<double*>(a),
                 {device, device_bytes, host, host_bytes}, info,
                 [](char side, int order, double* data, int ld, int& result) {
                   eigenlens::lapack::table().dpotrf(&side, &order, data, &ld, &result);
                 });
  });
}

cusolverStatus_t CUSOLVERAPI cusolverDnXtrtri_bufferSize(cusolverDnHandle_t handle, cublasFillMode_t uplo,
                                                         cublasDiagType_t diag, int64_t n, cudaDataType type, void* a,
                                                         int64_t lda, size_t* device, size_t* host) {
  return solver_call("cusolverDnXtrtri_bufferSize", [&] {
    solver_handle(handle);
    require_float64(type);
    static_cast<void>(matrix_extent(a, n, n, lda, "A"));
    announce_workspace(trtri_shape({uplo, n, lda}, diag), triangle_workspace(n), 0, device, host);
  });
}

cusolverStatus_t CUSOLVERAPI cusolverDnXtrtri(cusolverDnHandle_t handle, cublasFillMode_t uplo, cublasDiagType_t diag,
                                              int64_t n, cudaDataType type, void* a, int64_t lda, void* device,
                                              size_t device_bytes, void* host, size_t host_bytes, int* info) {
  return solver_call("cusolverDnXtrtri", [&] {
    require_float64(type);
    const Triangle triangle{uplo, n, lda};
    run_triangle(solver_handle(handle), trtri_shape(triangle, diag), triangle, static_cast<double*>(a),
                 {device, device_bytes, host, host_bytes}, info,
                 [unit = letter(diag)](char side, int order, double* data, int ld, int& result) {
                   eigenlens::lapack::table().dtrtri(&side, &unit, &order, data, &ld, &result);
                 });
  });
}

// Pointers to matrices, and info, in device memory; no workspace.
cusolverStatus_t CUSOLVERAPI cusolverDnDpotrfBatched(cusolverDnHandle_t handle, cublasFillMode_t uplo, int n,
                                                     double* a[], int lda, int* info, int batches) {
  return solver_call("cusolverDnDpotrfBatched", [&] {
    require(batches >= 0, "a negative number of matrices");
    static_cast<void>(matrix_extent(nullptr, n, n, lda, "A"));
    const char side = letter(uplo);
    const auto count = static_cast<std::size_t>(batches);
    enqueue(solver_handle(handle).stream,
            {{a, count * sizeof(double*), "the pointers of A"}, {info, count * sizeof(int), "info"}}, [=] {
              for (int i = 0; i < batches; ++i) {
                const Extent matrix = matrix_extent(a[i], n, n, lda, "A");
                require_device(matrix);
                require_present(matrix);
                info[i] = 0;
                if (n > 0) eigenlens::lapack::table().dpotrf(&side, &n, a[i], &lda, &info[i]);
              }
            });
  });
}
