// SPDX-License-Identifier: Apache-2.0
// max |a_ij|, not finite: infinity. Threads down a column from where it begins, blocks along the columns, 16 of them
// each; then a tree in the block, and a maximum in global memory, which is the same in any order. Bytes moved: 8 an
// entry. cublasIdamax passes over NaN and would read the upper triangle, which nobody has written; Thrust allocates
// with cudaMalloc, and freeing that makes every stream wait.
#include "kernels/block_tree.cuh"
#include "kernels/extent.hpp"
#include "kernels/launch_grid.cuh"

namespace eigenlens::kernels {
namespace {

constexpr int threads = 256;
constexpr std::int64_t columns = 16;

__global__ void extent_kernel(std::int64_t rows, std::int64_t cols, Entries entries, const double* a, double* largest) {
  __shared__ double room[threads];
  const std::int64_t below = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  const std::int64_t step = static_cast<std::int64_t>(gridDim.x) * threads;
  double own = 0;
  for (std::int64_t j = blockIdx.y; j < cols; j += gridDim.y)
    for (std::int64_t i = first_row(entries, j) + below; i < rows; i += step)
      own = Larger{}(own, Magnitude{}(a[i + j * rows]));
  const double all = block_tree(own, room, Larger{});
  // Doubles that are not negative are in the order of their bits.
  if (threadIdx.x == 0 && all > 0)
    atomicMax(reinterpret_cast<unsigned long long*>(largest),
              static_cast<unsigned long long>(__double_as_longlong(all)));
}

}  // namespace

Status extent(std::int64_t rows, std::int64_t cols, Entries entries, const double* a, double* largest, Stream stream) {
  return launch(stream, dim3(blocks_x(rows, threads), blocks_y((cols + columns - 1) / columns)), threads, extent_kernel,
                rows, cols, entries, a, largest);
}

}  // namespace eigenlens::kernels
