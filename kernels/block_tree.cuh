// SPDX-License-Identifier: Apache-2.0
/// \file
/// One value from all threads of a block, always in the same order: results repeat bit by bit.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

namespace eigenlens::kernels {

/// To combine partial sums.
struct Sum {
  __device__ double operator()(double a, double b) const { return a + b; }
};

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

/// Every thread gets the index of the largest value, of equal ones the smallest. blockDim.x is a power of two; `values`
/// and `indices`: blockDim.x elements of shared memory each, which may be used again after a barrier.
__device__ inline std::int64_t block_index_of_largest(double value, std::int64_t index, double* values,
                                                      std::int64_t* indices) {
  const unsigned t = threadIdx.x;
  values[t] = value;
  indices[t] = index;
  for (unsigned half = blockDim.x / 2; half > 0; half /= 2) {
    __syncthreads();
    if (t >= half) continue;
    const unsigned other = t + half;
    if (values[other] > values[t] || (values[other] == values[t] && indices[other] < indices[t])) {
      values[t] = values[other];
      indices[t] = indices[other];
    }
  }
  __syncthreads();
  return indices[0];
}

}  // namespace eigenlens::kernels
