// SPDX-License-Identifier: Apache-2.0
/// \file
/// How the kernels are launched: a grid that is large enough or the largest there is; kernels stride over the rest.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>
#include <utility>

#include "kernels/launch.hpp"

namespace eigenlens::kernels {

/// Blocks of `each` for `count` things along x; at least one.
inline unsigned blocks_x(std::int64_t count, std::int64_t each) {
  const std::int64_t blocks = (count + each - 1) / each;
  return static_cast<unsigned>(blocks < 1 ? 1 : blocks > 0x7FFFFFFF ? 0x7FFFFFFF : blocks);
}

/// The same along y, where a grid is narrower.
inline unsigned blocks_y(std::int64_t count) {
  return static_cast<unsigned>(count < 1 ? 1 : count > 65535 ? 65535 : count);
}

template <class... Parameters, class... Arguments>
Status launch(Stream stream, dim3 grid, dim3 block, void (*kernel)(Parameters...), Arguments&&... arguments) {
  cudaLaunchConfig_t config{};
  config.gridDim = grid;
  config.blockDim = block;
  config.stream = stream;
  return cudaLaunchKernelEx(&config, kernel, std::forward<Arguments>(arguments)...);
}

}  // namespace eigenlens::kernels
