// SPDX-License-Identifier: Apache-2.0
#include <cuda_runtime.h>

#include <cub/block/block_reduce.cuh>
#include <cub/block/block_scan.cuh>

#include "simulator/tests/kernels.hpp"

namespace eigenlens::test {
namespace {

constexpr int width = 256;

__global__ void __launch_bounds__(width)
    scale_kernel(double a, const double* __restrict__ x, double* __restrict__ y, std::int64_t n) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= n) return;
  y[i] = a * __ldg(x + i);
}

template <int Width>
__global__ void __launch_bounds__(Width) tree_kernel(const double* x, double* sums) {
  __shared__ double part[Width];
  part[threadIdx.x] = x[blockIdx.x * Width + threadIdx.x];
  __syncthreads();
#pragma unroll
  for (unsigned half = Width / 2; half > 0; half /= 2) {
    if (threadIdx.x < half) part[threadIdx.x] += part[threadIdx.x + half];
    __syncthreads();
  }
  if (threadIdx.x == 0) sums[blockIdx.x] = part[0];
}

__global__ void cub_sum_kernel(const double* x, double* sums) {
  using Reduce = cub::BlockReduce<double, width>;
  __shared__ typename Reduce::TempStorage storage;
  const double sum = Reduce(storage).Sum(x[blockIdx.x * width + threadIdx.x]);
  if (threadIdx.x == 0) sums[blockIdx.x] = sum;
}

__global__ void cub_scan_kernel(const std::int32_t* x, std::int32_t* y) {
  using Scan = cub::BlockScan<std::int32_t, 128>;
  __shared__ typename Scan::TempStorage storage;
  std::int32_t sum, all, before;
  Scan(storage).InclusiveSum(x[threadIdx.x], sum, all);
  __syncthreads();
  Scan(storage).ExclusiveSum(x[threadIdx.x], before);
  y[threadIdx.x] = sum;
  y[128] = all;
  y[128 + 1 + threadIdx.x] = before;
}

__global__ void divergent_kernel(double* x) {
  if (threadIdx.x % 2 == 1) return;
  __syncthreads();
  x[threadIdx.x] = 0;
}

__global__ void overrun_kernel(double* x, std::int64_t n) {
  if (threadIdx.x == 0) x[n] = 1;
}

__global__ void count_kernel(unsigned long long* count, int* largest) {
  atomicAdd(count, 1);
  const unsigned place = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
  atomicMax(largest, static_cast<int>(place * blockIdx.z));
}

cudaLaunchConfig_t configuration(dim3 grid, dim3 block, cudaStream_t stream) {
  cudaLaunchConfig_t config = {};
  config.gridDim = grid;
  config.blockDim = block;
  config.stream = stream;
  return config;
}

}  // namespace

cudaError_t scale(double a, const double* x, double* y, std::int64_t n, cudaStream_t stream) {
  const auto config = configuration(dim3(static_cast<unsigned>((n + width - 1) / width)), dim3(width), stream);
  return cudaLaunchKernelEx(&config, scale_kernel, a, x, y, n);
}

cudaError_t tree_sums(const double* x, double* sums, unsigned blocks, cudaStream_t stream) {
  const auto config = configuration(dim3(blocks), dim3(width), stream);
  return cudaLaunchKernelEx(&config, tree_kernel<width>, x, sums);
}

cudaError_t cub_sums(const double* x, double* sums, unsigned blocks, cudaStream_t stream) {
  const auto config = configuration(dim3(blocks), dim3(width), stream);
  return cudaLaunchKernelEx(&config, cub_sum_kernel, x, sums);
}

cudaError_t cub_scan(const std::int32_t* x, std::int32_t* y, cudaStream_t stream) {
  const auto config = configuration(dim3(1), dim3(128), stream);
  return cudaLaunchKernelEx(&config, cub_scan_kernel, x, y);
}

cudaError_t divergent(double* x, cudaStream_t stream) {
  const auto config = configuration(dim3(2), dim3(64), stream);
  return cudaLaunchKernelEx(&config, divergent_kernel, x);
}

cudaError_t overrun(double* x, std::int64_t n, cudaStream_t stream) {
  const auto config = configuration(dim3(1), dim3(32), stream);
  return cudaLaunchKernelEx(&config, overrun_kernel, x, n);
}

cudaError_t count_threads(dim3 grid, dim3 block, unsigned long long* count, int* largest, cudaStream_t stream) {
  const auto config = configuration(grid, block, stream);
  return cudaLaunchKernelEx(&config, count_kernel, count, largest);
}

}  // namespace eigenlens::test
