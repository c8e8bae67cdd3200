// SPDX-License-Identifier: Apache-2.0
/// \file
/// Kernel launches: what the shim of cuda_runtime.h is written over.
#pragma once

#include <cuda_runtime_api.h>

#include <functional>
#include <type_traits>
#include <vector>

namespace eigenlens::simulator {

/// Checks the limits of a launch and puts it into its stream. `pointers` are the kernel's arguments that are pointers.
cudaError_t launch(const cudaLaunchConfig_t* config, std::vector<const void*> pointers, std::function<void()> thread);

template <class Argument>
void collect_pointer(std::vector<const void*>& pointers, const Argument& argument) {
  if constexpr (std::is_pointer_v<Argument>) pointers.push_back(argument);
}

}  // namespace eigenlens::simulator
