// SPDX-License-Identifier: Apache-2.0
// The current device, and the two functions of the driver by which a caller's is put back.
#include "simulator/context.hpp"

#include <cuda.h>
#include <fmt/format.h>

#include <cstring>

#include "simulator/call.hpp"
#include "simulator/simulator.hpp"

namespace eigenlens::simulator {
namespace {

constexpr int none = -1;
constexpr int most_devices = 16;
/// A context is the address of its device's number.
constexpr int ordinals[most_devices] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

thread_local int chosen = 0;
thread_local int current = none;

CUresult get_current(CUcontext* context) {
  const std::lock_guard lock(mutex());
  injected_failure("cuCtxGetCurrent");
  *context = current == none ? nullptr : reinterpret_cast<CUcontext>(const_cast<int*>(&ordinals[current]));
  return CUDA_SUCCESS;
}

CUresult set_current(CUcontext context) {
  const std::lock_guard lock(mutex());
  injected_failure("cuCtxSetCurrent");
  current = context ? *reinterpret_cast<const int*>(context) : none;
  return CUDA_SUCCESS;
}

}  // namespace

void require_ordinal(int device) {
  require(device >= 0 && device < settings().device_count, "no device of this number", cudaErrorInvalidDevice);
}

int used_device() {
  if (current == none) current = chosen;
  return current;
}

void require_used(int device, const char* what) {
  if (const int used = used_device(); used != device)
    throw Refusal{fmt::format("{} is of device {}, but the thread's calls go to device {}", what, device, used),
                  cudaErrorInvalidResourceHandle};
}

}  // namespace eigenlens::simulator

using namespace eigenlens::simulator;  // NOLINT: the functions below are C's

cudaError_t CUDARTAPI cudaSetDevice(int device) {
  return runtime_call("cudaSetDevice", [&] {
    require_ordinal(device);
    chosen = current = device;
  });
}

cudaError_t CUDARTAPI cudaGetDevice(int* device) {
  return runtime_call("cudaGetDevice", [&] { *device = current == none ? chosen : current; });
}

cudaError_t CUDARTAPI cudaGetDriverEntryPointByVersion(const char* symbol, void** function, unsigned int,
                                                       unsigned long long, cudaDriverEntryPointQueryResult* found) {
  return runtime_call("cudaGetDriverEntryPointByVersion", [&] {
    require(symbol && function, "no name, or nowhere to put the function");
    *function = std::strcmp(symbol, "cuCtxGetCurrent") == 0   ? reinterpret_cast<void*>(&get_current)
                : std::strcmp(symbol, "cuCtxSetCurrent") == 0 ? reinterpret_cast<void*>(&set_current)
                                                              : nullptr;
    if (found) *found = *function ? cudaDriverEntryPointSuccess : cudaDriverEntryPointSymbolNotFound;
  });
}

void eigenlens_simulator_set_current_device(int device) { current = device; }
int eigenlens_simulator_current_device() { return current; }
