// SPDX-License-Identifier: Apache-2.0
// G_ij = (N·Σx_i x_j − Σx_i Σx_j) / N / std², (3) to (5) of docs/math.md, in 128-bit integers for exact sums. A thread
// an entry, 256 rows a block; blocks along y stride over the panel's columns. Bytes moved: 16 an entry. A library's
// rank-one update would round twice where this rounds once.
#include "kernels/centred_gram.hpp"
#include "kernels/launch_grid.cuh"

namespace eigenlens::kernels {
namespace {

constexpr int threads = 256;

__device__ double centred(std::int64_t samples, std::int64_t gram, std::int64_t si, std::int64_t sj) {
  return centred_exact(samples, gram, si, sj);
}
__device__ double centred(std::int64_t samples, double gram, double si, double sj) {
  return centred_float(static_cast<double>(samples), gram, si, sj);
}

template <class Scalar>
__global__ void centre(std::int64_t dimension, std::int64_t first, std::int64_t count, std::int64_t samples,
                       const Scalar* gram, const Scalar* sums, const std::uint8_t* constant, double std, double* g) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (i >= dimension) return;
  for (std::int64_t k = blockIdx.y; k < count; k += gridDim.y) {
    const std::int64_t j = first + k, row = i < j ? j : i, column = i < j ? i : j;
    g[i + j * dimension] =
        constant[i] || constant[j] ? 0 : centred(samples, gram[i + k * dimension], sums[row], sums[column]) / std / std;
  }
}

template <class Scalar>
Status launch_centre(std::int64_t dimension, std::int64_t first, std::int64_t count, std::int64_t samples,
                     const Scalar* gram, const Scalar* sums, const std::uint8_t* constant, double std, double* g,
                     Stream stream) {
  return launch(stream, dim3(blocks_x(dimension, threads), blocks_y(count)), threads, centre<Scalar>, dimension, first,
                count, samples, gram, sums, constant, std, g);
}

}  // namespace

Status centred_gram(std::int64_t dimension, std::int64_t first, std::int64_t count, std::int64_t samples,
                    const std::int64_t* gram, const std::int64_t* sums, const std::uint8_t* constant, double std,
                    double* g, Stream stream) {
  return launch_centre(dimension, first, count, samples, gram, sums, constant, std, g, stream);
}

Status centred_gram(std::int64_t dimension, std::int64_t first, std::int64_t count, std::int64_t samples,
                    const double* gram, const double* sums, const std::uint8_t* constant, double std, double* g,
                    Stream stream) {
  return launch_centre(dimension, first, count, samples, gram, sums, constant, std, g, stream);
}

}  // namespace eigenlens::kernels
