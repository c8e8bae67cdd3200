// SPDX-License-Identifier: Apache-2.0
// S_ij = G_ij·T_{g(i)g(j)}, or G_ij + T_{g(i)g(j)}: (45) and (46) of docs/math.md. A thread an entry, 256 rows a block;
// blocks along y stride over columns. Bytes moved: 16·D² and the table, P² doubles, once where it stays in cache (D²
// where the groups are coordinates). The table spread over D × D is never in memory, which is what a library's
// element-wise product would need.
#include "kernels/launch_grid.cuh"
#include "kernels/tabled_gram.hpp"

namespace eigenlens::kernels {
namespace {

constexpr int threads = 256;

__global__ void multiply(std::int64_t dimension, const double* g, const std::int32_t* groups, std::int64_t order,
                         const double* table, double* s) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (i >= dimension) return;
  for (std::int64_t j = blockIdx.y; j < dimension; j += gridDim.y)
    s[i + j * dimension] = factor_entry(g[i + j * dimension], table[groups[i] + groups[j] * order]);
}

__global__ void add(std::int64_t dimension, const double* g, const std::int32_t* groups, std::int64_t order,
                    const double* table, double* s) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (i >= dimension) return;
  for (std::int64_t j = blockIdx.y; j < dimension; j += gridDim.y)
    s[i + j * dimension] = addend_entry(g[i + j * dimension], table[groups[i] + groups[j] * order]);
}

}  // namespace

Status multiplied_gram(std::int64_t dimension, const double* g, const std::int32_t* groups, std::int64_t order,
                       const double* table, double* s, Stream stream) {
  return launch(stream, dim3(blocks_x(dimension, threads), blocks_y(dimension)), threads, multiply, dimension, g,
                groups, order, table, s);
}

Status added_gram(std::int64_t dimension, const double* g, const std::int32_t* groups, std::int64_t order,
                  const double* table, double* s, Stream stream) {
  return launch(stream, dim3(blocks_x(dimension, threads), blocks_y(dimension)), threads, add, dimension, g, groups,
                order, table, s);
}

}  // namespace eigenlens::kernels
