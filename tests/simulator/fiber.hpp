// SPDX-License-Identifier: Apache-2.0
/// \file
/// The threads of a block, one after the other on one thread of the host.
#pragma once

#include <vector_types.h>

#include <functional>

namespace eigenlens::simulator {

/// What a kernel reads as threadIdx and blockIdx, blockDim and gridDim.
extern uint3 thread_index;
extern uint3 block_index;
extern dim3 block_size;
extern dim3 grid_size;

/// Runs `thread` once for every thread of every block. The order changes from block to block and from launch to
/// launch: nothing may depend on it. Throws a Refusal if only some threads of a block reach a barrier.
void run_grid(dim3 grid, dim3 block, const std::function<void()>& thread);

/// __syncthreads: comes back when every thread of the block has called it.
void barrier();

}  // namespace eigenlens::simulator
