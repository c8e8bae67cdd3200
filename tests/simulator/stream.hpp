// SPDX-License-Identifier: Apache-2.0
/// \file
/// Streams: queues of operations that run when the host waits for them, and not before.
#pragma once

#include <cuda_runtime_api.h>

#include <functional>
#include <vector>

#include "simulator/memory.hpp"

namespace eigenlens::simulator {

using Operation = std::function<void()>;

/// Throws a Refusal for the default stream and for what is no stream.
void require_stream(cudaStream_t stream);

/// Puts an operation at the end of the queue. The device memory that it needs is looked up twice: here (Refusal), and
/// when the operation runs. An operation that throws a Refusal breaks the device for good: the sticky error.
void enqueue(cudaStream_t stream, const std::vector<Extent>& extents, Operation operation);

/// Runs everything in the queue.
void drain(cudaStream_t stream);
void drain_all();

}  // namespace eigenlens::simulator
