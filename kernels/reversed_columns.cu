// SPDX-License-Identifier: Apache-2.0
// z_ij = a_i,n−1−j. Threads along the rows, blocks along the columns; each strides over what is left. Bytes moved: 16
// an entry. A library's copy with a negative step goes along one vector, not over the columns of a matrix.
#include "kernels/launch_grid.cuh"
#include "kernels/reversed_columns.hpp"

namespace eigenlens::kernels {
namespace {

constexpr int threads = 256;

__global__ void reverse_kernel(std::int64_t rows, std::int64_t cols, const double* a, double* z) {
  const std::int64_t first = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  const std::int64_t step = static_cast<std::int64_t>(gridDim.x) * threads;
  for (std::int64_t j = blockIdx.y; j < cols; j += gridDim.y)
    for (std::int64_t i = first; i < rows; i += step) z[i + j * rows] = column_reversed(a, rows, cols, i, j);
}

}  // namespace

Status reversed_columns(std::int64_t rows, std::int64_t cols, const double* a, double* z, Stream stream) {
  return launch(stream, dim3(blocks_x(rows, threads), blocks_y(cols)), threads, reverse_kernel, rows, cols, a, z);
}

}  // namespace eigenlens::kernels
