// SPDX-License-Identifier: Apache-2.0
// max |a_ij|, not finite: infinity. Thrust's reduction over the entries in memory; a maximum is the same in any order.
// Bytes moved: 8 an entry. cublasIdamax passes over NaN and would read the upper triangle, which nobody has written.
// The one file with Thrust: it costs ten seconds to compile.
#include <thrust/execution_policy.h>
#include <thrust/iterator/counting_iterator.h>
#include <thrust/transform_reduce.h>

#include <exception>
#include <new>

#include "kernels/extent.hpp"
#include "kernels/launch_grid.cuh"

namespace eigenlens::kernels {

Status extent(std::int64_t rows, std::int64_t cols, Entries entries, const double* a, double* largest, Stream stream) {
  try {
    const thrust::counting_iterator<std::int64_t> first(0);
    *largest = thrust::transform_reduce(thrust::cuda::par.on(stream), first, first + rows * cols,
                                        Magnitude{a, rows, entries}, 0.0, Larger{});
    return cudaSuccess;
  } catch (const std::bad_alloc&) {
    return cudaErrorMemoryAllocation;
  } catch (const std::exception&) {
    const Status status = cudaPeekAtLastError();
    return status == cudaSuccess ? cudaErrorUnknown : status;
  }
}

}  // namespace eigenlens::kernels
