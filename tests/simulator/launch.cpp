// SPDX-License-Identifier: Apache-2.0
#include "simulator/launch.hpp"

#include <utility>

#include "simulator/call.hpp"
#include "simulator/fiber.hpp"
#include "simulator/stream.hpp"

namespace eigenlens::simulator {
namespace {

constexpr std::size_t shared_limit = 48 << 10;

void require_limits(const cudaLaunchConfig_t& config) {
  const dim3& grid = config.gridDim;
  const dim3& block = config.blockDim;
  require(grid.x > 0 && grid.y > 0 && grid.z > 0 && block.x > 0 && block.y > 0 && block.z > 0, "an empty launch",
          cudaErrorInvalidConfiguration);
  require(grid.x <= 0x7FFFFFFFU && grid.y <= 65535 && grid.z <= 65535, "a grid beyond 2^31 - 1, 65535, 65535",
          cudaErrorInvalidConfiguration);
  require(block.x <= 1024 && block.y <= 1024 && block.z <= 64, "a block beyond 1024, 1024, 64",
          cudaErrorInvalidConfiguration);
  require(static_cast<unsigned long long>(block.x) * block.y * block.z <= 1024, "a block of more than 1024 threads",
          cudaErrorInvalidConfiguration);
  require(config.dynamicSmemBytes <= shared_limit, "more than 48 KB of dynamic shared memory",
          cudaErrorInvalidConfiguration);
}

}  // namespace

cudaError_t launch(const cudaLaunchConfig_t* config, std::vector<const void*> pointers, std::function<void()> thread) {
  return runtime_call("cudaLaunchKernelEx", [&] {
    require(config, "no configuration");
    require_limits(*config);
    enqueue(config->stream, {},
            [grid = config->gridDim, block = config->blockDim, given = std::move(pointers), run = std::move(thread)] {
              for (const void* pointer : given) require_reachable(pointer);
              run_grid(grid, block, run);
              require_fences("a kernel");
            });
  });
}

}  // namespace eigenlens::simulator

using namespace eigenlens::simulator;  // NOLINT: the functions below are C's

cudaError_t CUDARTAPI cudaFuncSetAttribute(const void* kernel, cudaFuncAttribute, int) {
  return runtime_call("cudaFuncSetAttribute", [&] { require(kernel, "no kernel", cudaErrorInvalidDeviceFunction); });
}

cudaError_t CUDARTAPI cudaOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, const void* kernel, int threads,
                                                                    std::size_t) {
  return runtime_call("cudaOccupancyMaxActiveBlocksPerMultiprocessor", [&] {
    require(kernel, "no kernel", cudaErrorInvalidDeviceFunction);
    require(threads > 0 && threads <= 1024, "a block of no or more than 1024 threads");
    *blocks = 2;
  });
}
