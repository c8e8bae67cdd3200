// SPDX-License-Identifier: Apache-2.0
// logits += f_k t_k and their rank for k = 1 … R, in two launches. A block of 128 threads takes 8 samples, 16 threads a
// sample; a thread keeps every 16th logit in registers (up to 128 classes, else in memory of its own) and walks down
// the features, 8 at a time: T of those comes to shared memory first, where classes lie side by side (beyond 128
// classes it is read where it is); between them the block adds up what its threads found, in a fixed order. Then a
// thread a sum adds up the blocks. Bytes moved: F once, T once a block (out of the caches), 32·R a block of sums. As
// products of a library this would be N × C × R logits.
#include "kernels/launch_grid.cuh"
#include "kernels/probe_counts.hpp"

namespace eigenlens::kernels {
namespace {

constexpr int samples = probe_samples, lanes = class_lanes, threads = samples * lanes, depth = 8, quantities = 4;

/// The logits of one thread: in registers, or for held = 0 in memory.
template <int held>
struct Logits {
  double values[held] = {};
  __device__ explicit Logits(double*) {}
  __device__ double& at(int i) { return values[i]; }
};

template <>
struct Logits<0> {
  double* first;
  __device__ explicit Logits(double* memory) : first(memory) {}
  __device__ double& at(int i) { return first[static_cast<std::int64_t>(i) * lanes]; }
};

/// T of some features, from k0 on, for every class.
template <int held>
struct Targets {
  double values[depth][lanes * held + 1];
  __device__ void load(const ProbeOperands& p, std::int64_t k0) {
    for (int e = static_cast<int>(threadIdx.x); e < depth * p.classes; e += threads)
      if (k0 + e % depth < p.features) values[e % depth][e / depth] = p.t[k0 + e % depth + e / depth * p.features];
    __syncthreads();
  }
  __device__ double at(const ProbeOperands&, std::int64_t, int k, std::int64_t c) const { return values[k][c]; }
};

template <>
struct Targets<0> {
  __device__ void load(const ProbeOperands&, std::int64_t) {}
  __device__ double at(const ProbeOperands& p, std::int64_t k0, int k, std::int64_t c) const {
    return p.t[k0 + k + c * p.features];
  }
};

/// What the threads of a block found for some features. Rows of one more than there are lanes: threads that add up a
/// row each would otherwise all read from one bank.
struct Found {
  int better[depth][samples][lanes + 1];
  double square[depth][samples][lanes + 1];
  double value[depth][samples][quantities];
};

/// From the classes of every sample to its four quantities, and from those to the block's sums.
__device__ void add_up(const ProbeOperands& p, Found& found, std::int64_t block, std::int64_t blocks, std::int64_t k0,
                       double* partial) {
  const int thread = static_cast<int>(threadIdx.x);
  __syncthreads();
  if (thread < depth * samples) {
    const int k = thread / samples, s = thread % samples;
    int better = 0;
    double square = 0;
    for (int w = 0; w < lanes; ++w) {
      better += found.better[k][s][w];
      square += found.square[k][s][w];
    }
    const bool there = block * samples + s < p.samples;
    found.value[k][s][0] = there && better < 1 ? 1 : 0;
    found.value[k][s][1] = there && better < 5 ? 1 : 0;
    found.value[k][s][2] = there ? square : 0;
    found.value[k][s][3] = there ? square * square : 0;
  }
  __syncthreads();
  if (thread < depth * quantities) {
    const int k = thread / quantities, q = thread % quantities;
    double sum = 0;
    for (int s = 0; s < samples; ++s) sum += found.value[k][s][q];
    if (k0 + k < p.features) partial[block + blocks * (k0 + k + p.features * q)] = sum;
  }
}

template <int held>
__global__ void probe_kernel(ProbeOperands p, std::int64_t blocks, double* partial) {
  __shared__ Found found;
  __shared__ Targets<held> targets;
  const int s = static_cast<int>(threadIdx.x) / lanes, lane = static_cast<int>(threadIdx.x) % lanes;
  const int turns = held > 0 ? held : static_cast<int>((p.classes + lanes - 1) / lanes);
  for (std::int64_t block = blockIdx.x; block < blocks; block += gridDim.x) {
    const std::int64_t n = min(block * samples + s, p.samples - 1);  // beyond the last: counted for nothing
    const bool there = block * samples + s < p.samples;
    const std::int64_t label = p.labels[n];
    Logits<held> logits(p.logits + lane + n * p.classes);
    if (there || held > 0)
      for (int i = 0; i < turns; ++i)
        if (lane + i * lanes < p.classes) logits.at(i) = p.prior[lane + i * lanes];
    double own = p.prior[label];
    for (std::int64_t k0 = 0; k0 < p.features; k0 += depth) {
      targets.load(p, k0);  // the last ones were used before the block added up
      for (int k = 0; k < depth; ++k) {
        int better = 0;
        double square = 0;
        if (there && k0 + k < p.features) {
          const double feature = p.f[k0 + k + n * p.features];
          own = next_logit(own, targets.at(p, k0, k, label), feature);
          for (int i = 0; i < turns; ++i) {
            const std::int64_t c = lane + static_cast<std::int64_t>(i) * lanes;
            if (c >= p.classes) break;
            const double logit = next_logit(logits.at(i), targets.at(p, k0, k, c), feature);
            logits.at(i) = logit;
            better += better_class(logit, c, own, label) ? 1 : 0;
            const double miss = logit - (c == label ? 1 : 0);
            square += miss * miss;
          }
        }
        found.better[k][s][lane] = better;
        found.square[k][s][lane] = square;
      }
      add_up(p, found, block, blocks, k0, partial);
    }
  }
}

__global__ void sums_kernel(std::int64_t count, std::int64_t blocks, const double* partial, double* sums) {
  const std::int64_t step = static_cast<std::int64_t>(gridDim.x) * blockDim.x;
  for (std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += step) {
    double sum = 0;
    for (std::int64_t b = 0; b < blocks; ++b) sum += partial[b + blocks * i];
    sums[i] = sum;
  }
}

}  // namespace

Status probe_counts(const ProbeOperands& p, double* partial, double* sums, Stream stream) {
  const std::int64_t blocks = probe_blocks(p.samples), held = (p.classes + lanes - 1) / lanes;
  const auto kernel = held <= 1           ? probe_kernel<1>
                      : held <= 2         ? probe_kernel<2>
                      : held <= most_held ? probe_kernel<most_held>
                                          : probe_kernel<0>;
  const Status probed = launch(stream, blocks_x(blocks, 1), threads, kernel, p, blocks, partial);
  if (probed != cudaSuccess) return probed;
  const std::int64_t count = quantities * p.features;
  return launch(stream, blocks_x(count, threads), threads, sums_kernel, count, blocks, partial, sums);
}

}  // namespace eigenlens::kernels
