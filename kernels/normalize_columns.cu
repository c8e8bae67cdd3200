// SPDX-License-Identifier: Apache-2.0
// norm_j = ‖diag(w) z_j‖, z_j ← diag(w) z_j / norm_j. A block of 256 threads a column, in two passes of which the
// second finds the column in the cache; the squares are added up by a tree of a fixed order. Bytes moved: 16 an entry.
// A library would take a weighting, a call of nrm2 a column, each with its own launch, and a scaling.
#include "kernels/block_tree.cuh"
#include "kernels/launch_grid.cuh"
#include "kernels/normalize_columns.hpp"

namespace eigenlens::kernels {
namespace {

constexpr int threads = 256;

__global__ void normalize_kernel(std::int64_t rows, std::int64_t cols, const double* w, double* z, double* norms) {
  __shared__ double room[threads];
  for (std::int64_t j = blockIdx.x; j < cols; j += gridDim.x) {
    double* column = z + j * rows;
    double sum = 0;
    for (std::int64_t i = threadIdx.x; i < rows; i += threads) {
      const double x = weighted_row(column, w, i);
      sum += x * x;
    }
    const double norm = sqrt(block_tree(sum, room, SquaresSum{}));
    for (std::int64_t i = threadIdx.x; i < rows; i += threads) column[i] = unit_entry(weighted_row(column, w, i), norm);
    if (threadIdx.x == 0) norms[j] = norm;
  }
}

}  // namespace

Status normalize_columns(std::int64_t rows, std::int64_t cols, const double* w, double* z, double* norms,
                         Stream stream) {
  return launch(stream, blocks_x(cols, 1), threads, normalize_kernel, rows, cols, w, z, norms);
}

}  // namespace eigenlens::kernels
