// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/cuda_backend.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "backend/cuda/eigen_solvers.hpp"
#include "backend/cuda/tridiagonal_route.hpp"
#include "eigenlens/error.hpp"
#include "host/index.hpp"

namespace eigenlens::cuda {
namespace {

/// Emulation of float64 on integer units is switched on by the environment, for cuSOLVER's own calls too, where no
/// handle of ours can switch it off.
void require_real_float64() {
  constexpr const char* variable = "CUBLAS_EMULATE_DOUBLE_PRECISION";
  const char* value = std::getenv(variable);
  if (value && *value && std::string_view(value) != "0")
    throw Error(
        ErrorCode::unavailable,
        fmt::format("{}={} asks for emulated float64, which curves are not computed in: unset it", variable, value));
}

/// 13000 is "13.0".
std::string cuda_version(int version) { return fmt::format("{}.{}", version / 1000, version % 1000 / 10); }

template <class Property>
std::string library_version(Property property, const char* call) {
  int major = 0, minor = 0, patch = 0;
  check(property(MAJOR_VERSION, &major), call);
  check(property(MINOR_VERSION, &minor), call);
  check(property(PATCH_LEVEL, &patch), call);
  return fmt::format("{}.{}.{}", major, minor, patch);
}

int solver_version() {
  int version = 0;
  check(cusolverGetVersion(&version), "cusolverGetVersion");
  return version;
}

}  // namespace

CudaBackend::CudaBackend(int device, int threads, std::int64_t host_memory, EigenRoute route)
    : threads_(threads), host_memory_(host_memory), route_(route) {
  require_real_float64();
  context_ = std::make_shared<Context>(device, threads);
}

// A device that is full has one byte: 0 would say that matrices live in the host's memory.
std::int64_t CudaBackend::device_memory() const { return std::max<std::int64_t>(context_->free_memory(), 1); }

std::vector<std::pair<std::string, std::string>> CudaBackend::describe() const {
  const cudaDeviceProp& properties = context_->properties();
  int driver = 0, runtime = 0;
  check(cudaDriverGetVersion(&driver), "cudaDriverGetVersion");
  check(cudaRuntimeGetVersion(&runtime), "cudaRuntimeGetVersion");
  return {{"device", fmt::format("cuda:{}", context_->device())},
          {"processor", properties.name},
          {"compute_capability", fmt::format("{}.{}", properties.major, properties.minor)},
          {"threads", fmt::format("{}", threads_)},
          {"cuda_driver", cuda_version(driver)},
          {"cuda_runtime", cuda_version(runtime)},
          {"cublas", library_version(cublasGetProperty, "cublasGetProperty")},
          {"cusolver", library_version(cusolverGetProperty, "cusolverGetProperty")},
          {"solver_results", "deterministic"},
          {"math_mode", "float64, no emulation, no TF32; integers exact"}};
}

int CudaBackend::lanes(std::int64_t n, std::int64_t problems) const {
  return static_cast<int>(best_lanes(route_, std::max<std::int64_t>(n, 1), problems));
}

std::int64_t CudaBackend::largest_order(SolveMode mode) const { return largest_order_of(mode, solver_version()); }

std::int64_t CudaBackend::solver_bytes(std::int64_t n, SolveMode mode) const {
  if (n == 0) return 0;
  const auto here = context_->activate();
  Lane& lane = context_->main();
  // Of the sizes' queries no one says that they look at the matrices, nor that they do not ask for any.
  const Array<double> some = context_->allocate<double>(1);
  const std::int64_t number = sizeof(double), square = n * n * number;
  if (mode == SolveMode::accurate)  // and the right singular vectors as rows
    return static_cast<std::int64_t>(gesvd_room(lane, n, n, some.data()).device) + square + n * number;
  const std::int64_t single = static_cast<std::int64_t>(syevd_room(lane, n, some.data()).device) + n * number;
  const std::int64_t together = best_lanes(route_, n, most_batched_problems);
  if (choose_route(route_, n, together) == EigenRoute::tridiagonal) return single + tridiagonal_bytes(n);
  if (choose_route(route_, n, together) != EigenRoute::batched) return single;
  const auto all = static_cast<std::int64_t>(syev_batched_room(lane, n, together, some.data()).device);
  return std::max(single, (all + together - 1) / together + square + n * number);  // and the lanes side by side
}

/// A room a lane; for a batch all lanes have the main one's.
std::int64_t CudaBackend::solver_host_bytes(std::int64_t n, SolveMode mode) const {
  if (n == 0) return 0;
  const auto here = context_->activate();
  Lane& lane = context_->main();
  const Array<double> some = context_->allocate<double>(1);
  if (mode == SolveMode::accurate) return static_cast<std::int64_t>(gesvd_room(lane, n, n, some.data()).host);
  const auto single = static_cast<std::int64_t>(syevd_room(lane, n, some.data()).host);
  const std::int64_t together = best_lanes(route_, n, most_batched_problems);
  if (choose_route(route_, n, together) != EigenRoute::batched) return single;
  const auto all = static_cast<std::int64_t>(syev_batched_room(lane, n, together, some.data()).host);
  return std::max(single, (all + together - 1) / together);
}

Matrix CudaBackend::allocate(std::int64_t rows, std::int64_t cols) {
  return {context_->allocate_bytes(at(rows * cols) * sizeof(double)), rows, cols};
}

void CudaBackend::upload(const double* host, Matrix& matrix) {
  context_->copy_to_device(matrix.data(), host, at(matrix.size()) * sizeof(double));
}

void CudaBackend::download(const Matrix& matrix, double* host) {
  context_->copy_to_host(host, matrix.data(), at(matrix.size()) * sizeof(double));
}

}  // namespace eigenlens::cuda
