// SPDX-License-Identifier: Apache-2.0
/// \file
/// Stands in for Thrust's header of this name: thrust::cuda::par.on(stream) and par_nosync.on(stream).
#pragma once

#include <cuda_runtime.h>

#include "simulator/stream.hpp"

namespace thrust::cuda {

struct OnStream {
  cudaStream_t stream;
};

/// Without a stream it would be the default one: there is only on().
struct ParallelPolicy {
  [[nodiscard]] OnStream on(cudaStream_t stream) const { return {stream}; }
};

inline constexpr ParallelPolicy par{};
inline constexpr ParallelPolicy par_nosync{};

}  // namespace thrust::cuda
