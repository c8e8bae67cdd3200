// SPDX-License-Identifier: Apache-2.0
/// \file
/// One value from all threads of a block, always in the same order: results repeat bit by bit.
#pragma once

#include <cuda_runtime.h>

namespace eigenlens::kernels {

/// Every thread gets combine over all values. blockDim.x is a power of two; `room`: blockDim.x doubles of shared
/// memory, which may be used again at once.
template <class Combine>
__device__ inline double block_tree(double value, double* room, Combine combine) {
  const unsigned t = threadIdx.x;
  room[t] = value;
  __syncthreads();
  for (unsigned half = blockDim.x / 2; half > 0; half /= 2) {
    if (t < half) room[t] = combine(room[t], room[t + half]);
    __syncthreads();
  }
  const double result = room[0];
  __syncthreads();
  return result;
}

}  // namespace eigenlens::kernels
