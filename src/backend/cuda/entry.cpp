// SPDX-License-Identifier: Apache-2.0
// The door of libeigenlens_cuda: what devices there are, and a backend on one of them.
#include <cublas_v2.h>
#include <cuda_runtime_api.h>
#include <cusolverDn.h>
#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "backend/cuda/cuda_backend.hpp"
#include "backend/cuda/current_device.hpp"
#include "backend/plugin.hpp"
#include "eigenlens/error.hpp"
#include "eigenlens/export.hpp"

namespace eigenlens::cuda {
namespace {

/// The first with asynchronous copies to shared memory and float64 tensor cores, and the first that we compile for.
constexpr int least_major = 8;
constexpr int least_minor = 0;

/// 13000 is "13.0".
std::string version_text(int version) { return fmt::format("{}.{}", version / 1000, version % 1000 / 10); }

/// "13.1.0" of a library with a function for its properties; empty if it does not say.
template <class Property>
std::string library_version(Property property) {
  int major = 0, minor = 0, patch = 0;
  if (static_cast<int>(property(MAJOR_VERSION, &major)) != 0 ||
      static_cast<int>(property(MINOR_VERSION, &minor)) != 0 || static_cast<int>(property(PATCH_LEVEL, &patch)) != 0)
    return {};
  return fmt::format("{}.{}.{}", major, minor, patch);
}

/// "580.65.06": the first word with a dot of the line that the kernel's module shows; empty where there is none.
std::string module_version() {
  std::ifstream file("/proc/driver/nvidia/version");
  for (std::string word; file >> word;)
    if (word.find('.') != std::string::npos && word.find_first_not_of("0123456789.") == std::string::npos) return word;
  return {};
}

std::string driver_text(int driver) {
  const std::string module = module_version();
  return fmt::format("CUDA {}{}", version_text(driver), module.empty() ? "" : fmt::format(" ({})", module));
}

/// Why cudaGetDeviceCount found no device. driver: the version of CUDA that it has, 0 without one.
std::string obstacle_of(cudaError_t status, int driver) {
  switch (status) {
    case cudaErrorInsufficientDriver:
      if (driver == 0) return "this machine has no NVIDIA driver (libcuda.so.1)";
      return fmt::format("the NVIDIA driver is too old: it has {}, and this build needs CUDA {}", driver_text(driver),
                         version_text(CUDART_VERSION));
    case cudaErrorNoDevice:
      return "there is an NVIDIA driver, but no device that it shows (CUDA_VISIBLE_DEVICES may hide one)";
    default:
      return fmt::format("CUDA does not start: {} ({})", cudaGetErrorString(status), cudaGetErrorName(status));
  }
}

CudaDevice describe_device(int ordinal) {
  CudaDevice device;
  device.name = fmt::format("cuda:{}", ordinal);
  cudaDeviceProp properties{};
  const cudaError_t status = cudaGetDeviceProperties(&properties, ordinal);
  if (status != cudaSuccess) {
    cudaGetLastError();
    device.obstacle = fmt::format("it does not answer: {} ({})", cudaGetErrorString(status), cudaGetErrorName(status));
    return device;
  }
  device.model = properties.name;
  device.major = properties.major;
  device.minor = properties.minor;
  device.memory = static_cast<std::int64_t>(properties.totalGlobalMem);
  if (device.major < least_major)
    device.obstacle = fmt::format("compute capability {}.{} is too old, {}.{} is needed", device.major, device.minor,
                                  least_major, least_minor);
  return device;
}

CudaSurvey survey() {
  CudaSurvey found;
  int driver = 0, runtime = 0, count = 0;
  if (cudaDriverGetVersion(&driver) == cudaSuccess && driver > 0)
    found.versions.emplace_back("cuda_driver", driver_text(driver));
  if (cudaRuntimeGetVersion(&runtime) == cudaSuccess)
    found.versions.emplace_back("cuda_runtime", version_text(runtime));
  found.versions.emplace_back("cublas", library_version(cublasGetProperty));
  found.versions.emplace_back("cusolver", library_version(cusolverGetProperty));
  const cudaError_t status = cudaGetDeviceCount(&count);
  cudaGetLastError();  // not to be found by the next call that looks
  if (status != cudaSuccess || count == 0) {
    found.obstacle = obstacle_of(status == cudaSuccess ? cudaErrorNoDevice : status, driver);
    // Without a driver, or with no device that it shows, there is simply no GPU.
    found.broken = driver > 0 && status != cudaSuccess && status != cudaErrorNoDevice;
    return found;
  }
  for (int i = 0; i < count; ++i) found.devices.push_back(describe_device(i));
  return found;
}

std::int64_t free_memory(int ordinal) {
  std::size_t free = 0, total = 0;
  const CurrentDevice here(ordinal, std::nothrow);
  const bool answered = here.reached() && cudaMemGetInfo(&free, &total) == cudaSuccess;
  cudaGetLastError();  // not to be found by the next call that looks
  return answered ? static_cast<std::int64_t>(free) : -1;
}

/// What EIGENLENS_CUDA_EIGENSOLVER names; by_size where it names nothing. Throws Error(usage) for another name.
EigenRoute wanted_route() {
  constexpr const char* variable = "EIGENLENS_CUDA_EIGENSOLVER";
  const char* value = std::getenv(variable);
  const std::string name = value ? value : "";
  if (name.empty()) return EigenRoute::by_size;
  if (const auto route = route_named(name)) return *route;
  throw Error(ErrorCode::usage,
              fmt::format("{}='{}': expected batched, streams, one-by-one, or tridiagonal", variable, name));
}

Backend* open(int ordinal, int threads, std::int64_t host_memory) {
  return new CudaBackend(ordinal, threads, host_memory, wanted_route());
}

}  // namespace
}  // namespace eigenlens::cuda

extern "C" EIGENLENS_API const eigenlens::CudaPlugin* eigenlens_cuda_plugin();

const eigenlens::CudaPlugin* eigenlens_cuda_plugin() {
  static const eigenlens::CudaPlugin plugin = {eigenlens::plugin_interface_number, eigenlens::plugin_build,
                                               eigenlens::cuda::survey, eigenlens::cuda::free_memory,
                                               eigenlens::cuda::open};
  return &plugin;
}
