// SPDX-License-Identifier: Apache-2.0
// V of a block of reflectors, as a full array, and the diagonal of its Y⁻¹. Threads along the rows, blocks along the
// columns. Bytes moved: 16 an entry. The library's ormtr knows neither our batches nor the width that suits GEMM.
#include "kernels/launch_grid.cuh"
#include "kernels/reflector_block.hpp"

namespace eigenlens::kernels {
namespace {

constexpr int threads = 256;

__global__ void block_kernel(const double* a, const double* tau, std::int64_t n, std::int64_t first, double* v) {
  const std::int64_t rows = n - first - 1, j = blockIdx.y;
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (i < rows) v[i + j * rows] = reflector_entry(a, tau, n, first, i, j);
}

__global__ void diagonal_kernel(const double* tau, std::int64_t first, std::int64_t width, double* inverse) {
  const std::int64_t j = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (j < width) inverse[j + j * width] = tau[first + j] == 0 ? 1 : 1 / tau[first + j];
}

}  // namespace

Status reflector_block(const double* a, const double* tau, std::int64_t n, std::int64_t first, std::int64_t width,
                       double* v, Stream stream) {
  return launch(stream, dim3(blocks_x(n - first - 1, threads), static_cast<unsigned>(width)), threads, block_kernel, a,
                tau, n, first, v);
}

Status reflector_diagonal(const double* tau, std::int64_t first, std::int64_t width, double* inverse, Stream stream) {
  return launch(stream, blocks_x(width, threads), threads, diagonal_kernel, tau, first, width, inverse);
}

}  // namespace eigenlens::kernels
