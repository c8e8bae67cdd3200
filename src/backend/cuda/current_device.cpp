// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/current_device.hpp"

#include <cudaTypedefs.h>
#include <fmt/format.h>

#include "backend/cuda/check.hpp"
#include "eigenlens/error.hpp"

namespace eigenlens::cuda {
namespace {

/// A function of the driver, which is not linked: machines without one load this library too.
template <class Function>
Function driver_function(const char* name) {
  constexpr unsigned int since = 4000;  // CUDA 4.0
  void* function = nullptr;
  cudaDriverEntryPointQueryResult found{};
  check(cudaGetDriverEntryPointByVersion(name, &function, since, cudaEnableDefault, &found),
        "cudaGetDriverEntryPointByVersion");
  if (found != cudaDriverEntryPointSuccess || !function)
    throw Error(ErrorCode::device, fmt::format("the NVIDIA driver has no {}", name));
  return reinterpret_cast<Function>(function);
}

struct Driver {
  PFN_cuCtxGetCurrent_v4000 current = driver_function<PFN_cuCtxGetCurrent_v4000>("cuCtxGetCurrent");
  PFN_cuCtxSetCurrent_v4000 make_current = driver_function<PFN_cuCtxSetCurrent_v4000>("cuCtxSetCurrent");
};

const Driver& driver() {
  static const Driver functions;
  return functions;
}

/// Null where the thread has none, as before its first call of CUDA.
CUcontext current_context() {
  CUcontext context = nullptr;
  return driver().current(&context) == CUDA_SUCCESS ? context : nullptr;
}

}  // namespace

CurrentDevice::CurrentDevice(int device) : before_(current_context()) {
  check(cudaSetDevice(device), "cudaSetDevice");
  reached_ = true;
}

CurrentDevice::CurrentDevice(int device, std::nothrow_t) noexcept {
  try {
    before_ = current_context();
    reached_ = cudaSetDevice(device) == cudaSuccess;
  } catch (...) {
    reached_ = false;  // without a driver there is nothing to go back to either
  }
  cudaGetLastError();  // not to be found by the next call that looks
}

CurrentDevice::~CurrentDevice() {
  if (reached_) driver().make_current(before_);
}

}  // namespace eigenlens::cuda
