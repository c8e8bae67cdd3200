// SPDX-License-Identifier: Apache-2.0
// S_ij = (a + b [g(i) = g(j)])·G_ij, or a·G_ij + b [i = j]: (11) and (13) of docs/math.md. A thread an entry, 256 rows
// a block; blocks along y stride over columns. Bytes moved: 16·D². The mask is never in memory, which is what a
// library's element-wise product would need.
#include "kernels/launch_grid.cuh"
#include "kernels/masked_gram.hpp"

namespace eigenlens::kernels {
namespace {

constexpr int threads = 256;

__global__ void mask(std::int64_t dimension, const double* g, const std::int32_t* groups, double a, double b,
                     double* s) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (i >= dimension) return;
  for (std::int64_t j = blockIdx.y; j < dimension; j += gridDim.y)
    s[i + j * dimension] = masked_entry(g[i + j * dimension], groups[i], groups[j], a, b);
}

__global__ void add_noise(std::int64_t dimension, const double* g, double a, double b, double* s) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (i >= dimension) return;
  for (std::int64_t j = blockIdx.y; j < dimension; j += gridDim.y)
    s[i + j * dimension] = noisy_entry(g[i + j * dimension], i, j, a, b);
}

}  // namespace

Status masked_gram(std::int64_t dimension, const double* g, const std::int32_t* groups, double a, double b, double* s,
                   Stream stream) {
  return launch(stream, dim3(blocks_x(dimension, threads), blocks_y(dimension)), threads, mask, dimension, g, groups, a,
                b, s);
}

Status noisy_gram(std::int64_t dimension, const double* g, double a, double b, double* s, Stream stream) {
  return launch(stream, dim3(blocks_x(dimension, threads), blocks_y(dimension)), threads, add_noise, dimension, g, a, b,
                s);
}

}  // namespace eigenlens::kernels
