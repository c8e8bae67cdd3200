// SPDX-License-Identifier: Apache-2.0
/// \file
/// Our own eigensolver for a batch of symmetric matrices: reduction to tridiagonal form, bisection, twisted vectors and
/// the way back, (103) to (115) of docs/math.md. Small eigenvalues of graded matrices come out to their own precision,
/// and the device is kept busy by all lanes at once.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "backend/cuda/context.hpp"

namespace eigenlens::cuda {

/// What became of one lane.
struct TridiagonalAnswer {
  std::vector<double> descending;  ///< eigenvalues
  bool positive = false;  ///< T is positive definite as it stands: small eigenvalues are good to their own precision
  int unresolved = 0;     ///< vectors that were not to be had by themselves: cusolverDnXsyevd solved T instead
  int info = 0;           ///< its own
};

/// Is told what has been queued: "reduction", "eigenvalues", "vectors", "way back".
using TridiagonalObserver = std::function<void(const char* step)>;

/// Z (n × n) ← eigenvectors of A (n × n, lower triangle read, destroyed) as columns, in the order of the values; one
/// pointer a lane, on the device. The largest entry of each is between 1e-100 and 1e100. About 2n³/3 flops by
/// matrix-vector products, which move 4n³/3 bytes, and 8n³/3 by matrix products; waits for the device.
std::vector<TridiagonalAnswer> tridiagonal_eigen(
    Context& context, std::int64_t n, std::span<double* const> a, std::span<double* const> z,
    const TridiagonalObserver& done = [](const char*) {});

/// Bytes on the device that a lane of it takes at most, beside A and Z; the fallback's own are not among them.
std::int64_t tridiagonal_bytes(std::int64_t n);

}  // namespace eigenlens::cuda
