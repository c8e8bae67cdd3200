// SPDX-License-Identifier: Apache-2.0
/// \file
/// Stands in for CUB's header of this name: the part that our kernels use, over __syncthreads.
#pragma once

#include <cuda_runtime.h>

namespace cub {

/// Prefix sums over a block of BlockSize threads in a row; every thread gets its own, and the aggregate. The storage
/// may be used again after a __syncthreads.
template <class Type, int BlockSize>
class BlockScan {
 public:
  struct TempStorage {
    Type values[BlockSize];
  };

  __device__ explicit BlockScan(TempStorage& storage) : storage_(storage) {}

  __device__ void InclusiveSum(Type value, Type& sum) {
    Type all;
    InclusiveSum(value, sum, all);
  }
  __device__ void InclusiveSum(Type value, Type& sum, Type& all) { sum = prefix(value, all, threadIdx.x + 1); }

  __device__ void ExclusiveSum(Type value, Type& sum) {
    Type all;
    ExclusiveSum(value, sum, all);
  }
  __device__ void ExclusiveSum(Type value, Type& sum, Type& all) { sum = prefix(value, all, threadIdx.x); }

 private:
  __device__ Type prefix(Type value, Type& all, unsigned count) {
    storage_.values[threadIdx.x] = value;
    __syncthreads();
    Type sum{};
    all = Type{};
    for (unsigned i = 0; i < static_cast<unsigned>(BlockSize); ++i) {
      if (i < count) sum += storage_.values[i];
      all += storage_.values[i];
    }
    return sum;
  }

  TempStorage& storage_;
};

}  // namespace cub
