// SPDX-License-Identifier: Apache-2.0
// u_n = x_nᵀ r, 32 threads a sample, which read neighbours together; s_i += Σ_n x_n(i) u_n and s_i += Σ_j G_ij r_j, a
// thread a coordinate and 64 samples or columns, by integer atomics, whose order does not matter. Blocks of 256
// threads. Bytes moved: 2·b·D and 8·D². The libraries have no products of 64-bit integers.
#include "kernels/gram_projection.hpp"
#include "kernels/launch_grid.cuh"

namespace eigenlens::kernels {
namespace {

constexpr int threads = 256, lanes = 32, samples = threads / lanes;
constexpr std::int64_t chunk = 64;

constexpr std::int64_t chunks(std::int64_t count) { return (count + chunk - 1) / chunk; }

__device__ void add(std::uint64_t* sum, std::uint64_t value) {
  static_assert(sizeof(unsigned long long) == sizeof(std::uint64_t));
  atomicAdd(reinterpret_cast<unsigned long long*>(sum), static_cast<unsigned long long>(value));
}

__device__ std::int64_t least(std::int64_t a, std::int64_t b) { return a < b ? a : b; }

__global__ void project(const std::uint8_t* x, std::int64_t dimension, std::int64_t count, const std::uint64_t* r,
                        std::uint64_t* u) {
  __shared__ std::uint64_t parts[samples][lanes];
  const int thread = static_cast<int>(threadIdx.x), s = thread / lanes, lane = thread % lanes;
  for (std::int64_t n0 = static_cast<std::int64_t>(blockIdx.x) * samples; n0 < count;
       n0 += static_cast<std::int64_t>(gridDim.x) * samples) {
    parts[s][lane] = n0 + s < count ? sample_part(x, dimension, r, n0 + s, lane, lanes) : 0;
    __syncthreads();
    if (thread < samples && n0 + thread < count) {
      std::uint64_t sum = 0;
      for (const std::uint64_t part : parts[thread]) sum += part;
      u[n0 + thread] = sum;
    }
    __syncthreads();
  }
}

__global__ void spread(const std::uint8_t* x, std::int64_t dimension, std::int64_t count, const std::uint64_t* u,
                       std::uint64_t* sums) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (i >= dimension) return;
  for (std::int64_t n = blockIdx.y * chunk; n < count; n += gridDim.y * chunk)
    add(sums + i, coordinate_part(x, dimension, u, i, n, least(n + chunk, count)));
}

__global__ void project_gram(const std::int64_t* gram, std::int64_t dimension, const std::uint64_t* r,
                             std::uint64_t* sums) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (i >= dimension) return;
  for (std::int64_t j = blockIdx.y * chunk; j < dimension; j += gridDim.y * chunk)
    add(sums + i, gram_part(gram, dimension, r, i, j, least(j + chunk, dimension)));
}

dim3 grid_of(std::int64_t coordinates, std::int64_t others) {
  return {blocks_x(coordinates, threads), blocks_y(chunks(others))};
}

}  // namespace

Status add_projections(const std::uint8_t* x, std::int64_t dimension, std::int64_t count, const std::uint64_t* r,
                       std::uint64_t* u, std::uint64_t* sums, Stream stream) {
  const Status projected = launch(stream, blocks_x(count, samples), threads, project, x, dimension, count, r, u);
  if (projected != cudaSuccess) return projected;
  return launch(stream, grid_of(dimension, count), threads, spread, x, dimension, count, u, sums);
}

Status add_gram_projection(const std::int64_t* gram, std::int64_t dimension, const std::uint64_t* r,
                           std::uint64_t* sums, Stream stream) {
  return launch(stream, grid_of(dimension, dimension), threads, project_gram, gram, dimension, r, sums);
}

}  // namespace eigenlens::kernels
