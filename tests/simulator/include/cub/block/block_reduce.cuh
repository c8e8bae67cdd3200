// SPDX-License-Identifier: Apache-2.0
/// \file
/// Stands in for CUB's header of this name: the part that our kernels use, over __syncthreads.
#pragma once

#include <cuda_runtime.h>

#include <cstring>

namespace cub {

/// Reductions over a block of BlockSize threads in a row. The result is thread 0's; the others get rubbish, as with the
/// real one. The storage may be used again after a __syncthreads.
template <class Type, int BlockSize>
class BlockReduce {
 public:
  struct TempStorage {
    Type values[BlockSize];
  };

  __device__ explicit BlockReduce(TempStorage& storage) : storage_(storage) {}

  __device__ Type Sum(Type value) {
    return Reduce(value, [](const Type& a, const Type& b) { return static_cast<Type>(a + b); });
  }
  __device__ Type Sum(Type value, int valid) {
    return Reduce(
        value, [](const Type& a, const Type& b) { return static_cast<Type>(a + b); }, valid);
  }

  template <class Operator>
  __device__ Type Reduce(Type value, Operator combine) {
    return Reduce(value, combine, BlockSize);
  }

  /// The first `valid` threads count.
  template <class Operator>
  __device__ Type Reduce(Type value, Operator combine, int valid) {
    storage_.values[threadIdx.x] = value;
    __syncthreads();
    if (threadIdx.x != 0) {
      std::memset(&value, 0xFF, sizeof(value));
      return value;
    }
    Type total = storage_.values[0];
    for (int i = 1; i < valid; ++i) total = combine(total, storage_.values[i]);
    return total;
  }

 private:
  TempStorage& storage_;
};

}  // namespace cub
