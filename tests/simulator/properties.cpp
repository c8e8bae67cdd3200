// SPDX-License-Identifier: Apache-2.0
// What the device says of itself.
#include <cstring>
#include <map>

#include "simulator/call.hpp"
#include "simulator/context.hpp"

namespace eigenlens::simulator {
namespace {

constexpr int multiprocessors = 2;
constexpr int shared_memory = 48 << 10;
constexpr int shared_memory_opt_in = 227 << 10;
constexpr int cache = 4 << 20;

struct ErrorText {
  const char* name;
  const char* text;
};

ErrorText text_of(cudaError_t error) {
  static const std::map<int, ErrorText> texts = {
      {cudaSuccess, {"cudaSuccess", "no error"}},
      {cudaErrorInvalidValue, {"cudaErrorInvalidValue", "invalid argument"}},
      {cudaErrorMemoryAllocation, {"cudaErrorMemoryAllocation", "out of memory"}},
      {cudaErrorInitializationError, {"cudaErrorInitializationError", "initialization error"}},
      {cudaErrorInvalidConfiguration, {"cudaErrorInvalidConfiguration", "invalid configuration argument"}},
      {cudaErrorInvalidPitchValue, {"cudaErrorInvalidPitchValue", "invalid pitch argument"}},
      {cudaErrorInvalidMemcpyDirection, {"cudaErrorInvalidMemcpyDirection", "invalid copy direction for memcpy"}},
      {cudaErrorInsufficientDriver,
       {"cudaErrorInsufficientDriver", "CUDA driver version is insufficient for CUDA runtime version"}},
      {cudaErrorNoDevice, {"cudaErrorNoDevice", "no CUDA-capable device is detected"}},
      {cudaErrorInvalidDevice, {"cudaErrorInvalidDevice", "invalid device ordinal"}},
      {cudaErrorNoKernelImageForDevice,
       {"cudaErrorNoKernelImageForDevice", "no kernel image is available for execution on the device"}},
      {cudaErrorInvalidResourceHandle, {"cudaErrorInvalidResourceHandle", "invalid resource handle"}},
      {cudaErrorNotReady, {"cudaErrorNotReady", "device not ready"}},
      {cudaErrorIllegalAddress, {"cudaErrorIllegalAddress", "an illegal memory access was encountered"}},
      {cudaErrorHostMemoryAlreadyRegistered,
       {"cudaErrorHostMemoryAlreadyRegistered", "part or all of the requested memory range is already mapped"}},
      {cudaErrorHostMemoryNotRegistered,
       {"cudaErrorHostMemoryNotRegistered", "pointer does not correspond to a registered memory region"}},
      {cudaErrorLaunchFailure, {"cudaErrorLaunchFailure", "unspecified launch failure"}},
      {cudaErrorLaunchOutOfResources, {"cudaErrorLaunchOutOfResources", "too many resources requested for launch"}},
      {cudaErrorNotSupported, {"cudaErrorNotSupported", "operation not supported"}},
      {cudaErrorUnknown, {"cudaErrorUnknown", "unknown error"}},
  };
  const auto found = texts.find(error);
  return found == texts.end() ? ErrorText{"unrecognized error code", "unrecognized error code"} : found->second;
}

int attribute(cudaDeviceAttr asked) {
  switch (asked) {
    case cudaDevAttrMaxThreadsPerBlock:
    case cudaDevAttrMaxBlockDimX:
    case cudaDevAttrMaxBlockDimY:
      return 1024;
    case cudaDevAttrMaxBlockDimZ:
      return 64;
    case cudaDevAttrMaxGridDimX:
      return 0x7FFFFFFF;
    case cudaDevAttrMaxGridDimY:
    case cudaDevAttrMaxGridDimZ:
      return 65535;
    case cudaDevAttrMaxSharedMemoryPerBlock:
      return shared_memory;
    case cudaDevAttrMaxSharedMemoryPerBlockOptin:
      return shared_memory_opt_in;
    case cudaDevAttrMaxSharedMemoryPerMultiprocessor:
      return 228 << 10;
    case cudaDevAttrWarpSize:
      return 32;
    case cudaDevAttrMultiProcessorCount:
      return multiprocessors;
    case cudaDevAttrMaxThreadsPerMultiProcessor:
      return 2048;
    case cudaDevAttrL2CacheSize:
      return cache;
    case cudaDevAttrComputeCapabilityMajor:
      return settings().major;
    case cudaDevAttrComputeCapabilityMinor:
      return settings().minor;
    case cudaDevAttrMemoryPoolsSupported:
      return settings().memory_pools;
    case cudaDevAttrUnifiedAddressing:
    case cudaDevAttrConcurrentKernels:
      return 1;
    case cudaDevAttrIntegrated:
      return 0;
    default:
      throw Refusal{"an attribute that the simulator does not know"};
  }
}

}  // namespace
}  // namespace eigenlens::simulator

using namespace eigenlens::simulator;  // NOLINT: the functions below are C's

cudaError_t CUDARTAPI cudaGetDeviceCount(int* count) {
  return runtime_call("cudaGetDeviceCount", [&] { *count = settings().device_count; });
}

cudaError_t CUDARTAPI cudaGetDeviceProperties(cudaDeviceProp* properties, int device) {
  return runtime_call("cudaGetDeviceProperties", [&] {
    require_ordinal(device);
    *properties = {};
    std::strcpy(properties->name, "simulated device");
    properties->totalGlobalMem = settings().capacity;
    properties->sharedMemPerBlock = shared_memory;
    properties->sharedMemPerBlockOptin = shared_memory_opt_in;
    properties->sharedMemPerMultiprocessor = 228 << 10;
    properties->regsPerBlock = 65536;
    properties->warpSize = 32;
    properties->maxThreadsPerBlock = 1024;
    properties->maxThreadsPerMultiProcessor = 2048;
    properties->maxThreadsDim[0] = properties->maxThreadsDim[1] = 1024;
    properties->maxThreadsDim[2] = 64;
    properties->maxGridSize[0] = 0x7FFFFFFF;
    properties->maxGridSize[1] = properties->maxGridSize[2] = 65535;
    properties->major = settings().major;
    properties->minor = settings().minor;
    properties->multiProcessorCount = multiprocessors;
    properties->l2CacheSize = cache;
    properties->memoryBusWidth = 64;
    properties->unifiedAddressing = 1;
    properties->concurrentKernels = 1;
    properties->memoryPoolsSupported = settings().memory_pools;
  });
}

cudaError_t CUDARTAPI cudaDeviceGetAttribute(int* value, cudaDeviceAttr asked, int device) {
  return runtime_call("cudaDeviceGetAttribute", [&] {
    require_ordinal(device);
    *value = attribute(asked);
  });
}

// The two that answer without a device.
cudaError_t CUDARTAPI cudaDriverGetVersion(int* version) {
  const std::lock_guard lock(mutex());
  *version = settings().driver_error ? 11000 : CUDART_VERSION;
  return cudaSuccess;
}

cudaError_t CUDARTAPI cudaRuntimeGetVersion(int* version) {
  *version = CUDART_VERSION;
  return cudaSuccess;
}

const char* CUDARTAPI cudaGetErrorString(cudaError_t error) { return text_of(error).text; }
const char* CUDARTAPI cudaGetErrorName(cudaError_t error) { return text_of(error).name; }
