// SPDX-License-Identifier: Apache-2.0
/// \file
/// Stands in for the toolkit's header of this name where a kernel is compiled for the simulated device, by a C++
/// compiler: the runtime's real declarations, and what nvcc has built in.
#pragma once

#include <cuda_runtime_api.h>
#include <vector_functions.h>

#include <tuple>
#include <utility>

#include "simulator/device_functions.hpp"
#include "simulator/fiber.hpp"
#include "simulator/launch.hpp"

// __global__, __device__, __host__, __constant__ and __forceinline__ come from the toolkit, and mean nothing to a C++
// compiler. The threads of a block run on one thread of the host, and blocks one after the other, so what a block
// shares is static. (Its contents at the start of a block are those of the block before.)
#undef __shared__
#define __shared__ static
#define __launch_bounds__(...)

inline constexpr const uint3& threadIdx = eigenlens::simulator::thread_index;
inline constexpr const uint3& blockIdx = eigenlens::simulator::block_index;
inline constexpr const dim3& blockDim = eigenlens::simulator::block_size;
inline constexpr const dim3& gridDim = eigenlens::simulator::grid_size;
inline constexpr int warpSize = 32;

inline void __syncthreads() { eigenlens::simulator::barrier(); }

/// The one way to launch a kernel. The arguments are copied now, as the real one does.
template <typename... Parameters, typename... Arguments>
cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t* config, void (*kernel)(Parameters...),
                               Arguments&&... arguments) {
  static_assert((std::is_trivially_copyable_v<Parameters> && ...), "a kernel's parameters are copied to the device");
  std::tuple<Parameters...> values(std::forward<Arguments>(arguments)...);
  std::vector<const void*> pointers;
  std::apply([&](const auto&... value) { (eigenlens::simulator::collect_pointer(pointers, value), ...); }, values);
  return eigenlens::simulator::launch(config, std::move(pointers),
                                      [kernel, values = std::move(values)] { std::apply(kernel, values); });
}

template <class Kernel>
cudaError_t cudaFuncSetAttribute(Kernel* kernel, cudaFuncAttribute attribute, int value) {
  return cudaFuncSetAttribute(reinterpret_cast<const void*>(kernel), attribute, value);
}

template <class Kernel>
cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, Kernel* kernel, int threads,
                                                          std::size_t dynamic_bytes) {
  return cudaOccupancyMaxActiveBlocksPerMultiprocessor(blocks, reinterpret_cast<const void*>(kernel), threads,
                                                       dynamic_bytes);
}
