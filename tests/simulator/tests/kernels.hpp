// SPDX-License-Identifier: Apache-2.0
/// \file
/// Kernels for the tests of the simulator, written as ours are: launchers in plain C++.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

namespace eigenlens::test {

/// y[i] = a·x[i], without a barrier.
cudaError_t scale(double a, const double* x, double* y, std::int64_t n, cudaStream_t stream);
/// sums[b] = Σ x over the block's part of 256: a tree in shared memory.
cudaError_t tree_sums(const double* x, double* sums, unsigned blocks, cudaStream_t stream);
/// The same with cub::BlockReduce.
cudaError_t cub_sums(const double* x, double* sums, unsigned blocks, cudaStream_t stream);
/// y[i] = Σ x[0..i] for 128 numbers, with cub::BlockScan; y[128] is their sum, 128 + 1 + i the sums without x[i].
cudaError_t cub_scan(const std::int32_t* x, std::int32_t* y, cudaStream_t stream);
/// Half of the threads leave before the barrier.
cudaError_t divergent(double* x, cudaStream_t stream);
/// Writes one number behind the end.
cudaError_t overrun(double* x, std::int64_t n, cudaStream_t stream);
/// count[0] += 1 and largest[0] = max for every thread of a three-dimensional launch.
cudaError_t count_threads(dim3 grid, dim3 block, unsigned long long* count, int* largest, cudaStream_t stream);

}  // namespace eigenlens::test
