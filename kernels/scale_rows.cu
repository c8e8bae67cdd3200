// SPDX-License-Identifier: Apache-2.0
// x_ij = w_i a_ij or a_ij w_j. Threads along the rows, blocks along the columns; each strides over what is left. Bytes
// moved: 16 an entry. cublasDdgmm does the same but for weights that may be left out; here the CPU's tests see the
// formula, and its bits are the CPU's.
#include "kernels/launch_grid.cuh"
#include "kernels/scale_rows.hpp"

namespace eigenlens::kernels {
namespace {

constexpr int threads = 256;

__global__ void rows_kernel(std::int64_t rows, std::int64_t cols, const double* a, const double* w, double* x) {
  const std::int64_t first = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  const std::int64_t step = static_cast<std::int64_t>(gridDim.x) * threads;
  for (std::int64_t j = blockIdx.y; j < cols; j += gridDim.y)
    for (std::int64_t i = first; i < rows; i += step) x[i + j * rows] = row_scaled(a, w, rows, i, j);
}

__global__ void columns_kernel(std::int64_t rows, std::int64_t cols, const double* a, const double* w, double* x) {
  const std::int64_t first = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  const std::int64_t step = static_cast<std::int64_t>(gridDim.x) * threads;
  for (std::int64_t j = blockIdx.y; j < cols; j += gridDim.y)
    for (std::int64_t i = first; i < rows; i += step) x[i + j * rows] = column_scaled(a, w, rows, i, j);
}

}  // namespace

Status scale_rows(std::int64_t rows, std::int64_t cols, const double* a, const double* w, double* x, Stream stream) {
  return launch(stream, dim3(blocks_x(rows, threads), blocks_y(cols)), threads, rows_kernel, rows, cols, a, w, x);
}

Status scale_columns(std::int64_t rows, std::int64_t cols, const double* a, const double* w, double* x, Stream stream) {
  return launch(stream, dim3(blocks_x(rows, threads), blocks_y(cols)), threads, columns_kernel, rows, cols, a, w, x);
}

}  // namespace eigenlens::kernels
