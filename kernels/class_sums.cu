// SPDX-License-Identifier: Apache-2.0
// M(i, c) += Σ x_n(i) over the samples n of class c, run by run. A block of 256 threads for a run and a tile of
// coordinates: 1,024 bytes, or 256 float64. Bytes moved: b·D of x, once, and 16·D a run of M. A product with a one-hot
// matrix would read and multiply C times as much.
#include "kernels/class_sums.hpp"
#include "kernels/launch_grid.cuh"

namespace eigenlens::kernels {
namespace {

constexpr int threads = 256;
/// Few enough that a thread has registers for what is on its way: without it ptxas takes 32 and waits after every four.
constexpr int blocks_a_processor = 2;

__device__ void add(std::int64_t* sum, std::uint32_t value) {
  // Two's complement: the unsigned sum of non-negative numbers is the signed one.
  atomicAdd(reinterpret_cast<unsigned long long*>(sum), static_cast<unsigned long long>(value));
}

__global__ void __launch_bounds__(threads, blocks_a_processor)
    add_byte_runs(const std::uint8_t* x, std::int64_t dimension, const std::int32_t* order, const ClassRun* runs,
                  std::int64_t run_count, std::int64_t* sums) {
  const std::int64_t tiles = (dimension + 4 * threads - 1) / (4 * threads);
  for (std::int64_t at = blockIdx.x; at < run_count * tiles; at += gridDim.x) {
    const ClassRun run = runs[at / tiles];
    const std::int64_t i = (at % tiles * threads + threadIdx.x) * 4;
    std::int64_t* column = sums + run.label * dimension;
    if (dimension % 4 == 0 && i < dimension) {
      std::uint32_t of_4[4];
      run_sums_of_4(x, dimension, order, run, i, of_4);
      for (int k = 0; k < 4; ++k) add(column + i + k, of_4[k]);
    } else {
      for (std::int64_t k = i; k < i + 4 && k < dimension; ++k) add(column + k, run_sum(x, dimension, order, run, k));
    }
  }
}

__global__ void __launch_bounds__(threads, blocks_a_processor)
    add_float_runs(const double* x, std::int64_t dimension, const std::int32_t* order, const ClassRun* runs,
                   std::int64_t run_count, double* sums) {
  const std::int64_t tiles = (dimension + threads - 1) / threads;
  for (std::int64_t at = blockIdx.x; at < run_count * tiles; at += gridDim.x) {
    const ClassRun run = runs[at / tiles];
    const std::int64_t i = at % tiles * threads + threadIdx.x;
    if (i >= dimension) continue;
    double* sum = sums + run.label * dimension + i;
    *sum = run_sum(x, dimension, order, run, i, *sum);
  }
}

}  // namespace

Status add_class_sums(const std::uint8_t* x, std::int64_t dimension, const std::int32_t* order, const ClassRun* runs,
                      std::int64_t run_count, std::int64_t* sums, Stream stream) {
  const std::int64_t tiles = (dimension + 4 * threads - 1) / (4 * threads);
  return launch(stream, blocks_x(run_count * tiles, 1), threads, add_byte_runs, x, dimension, order, runs, run_count,
                sums);
}

Status add_class_sums(const double* x, std::int64_t dimension, const std::int32_t* order, const ClassRun* runs,
                      std::int64_t run_count, double* sums, Stream stream) {
  const std::int64_t tiles = (dimension + threads - 1) / threads;
  return launch(stream, blocks_x(run_count * tiles, 1), threads, add_float_runs, x, dimension, order, runs, run_count,
                sums);
}

}  // namespace eigenlens::kernels
