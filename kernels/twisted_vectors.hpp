// SPDX-License-Identifier: Apache-2.0
/// \file
/// Eigenvectors of LDLᵀ, each by itself, from the twisted factorisation at its eigenvalue: (111) to (114) of
/// docs/math.md. Where eigenvalues lie close, their vectors are made orthogonal to each other.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/host_device.hpp"
#include "kernels/launch.hpp"
#include "kernels/tridiagonal_values.hpp"

namespace eigenlens::kernels {

/// Eigenvalues with a relative distance δ below this are a cluster: beyond it twisted vectors, which are orthogonal to
/// a few ε/δ, are so to a few nε, or to 10⁻¹² where n is above 1,000.
EIGENLENS_HOST_DEVICE inline double cluster_gap(std::int64_t n) {
  return n < 1000 ? 0.1 / static_cast<double>(n) : 1e-4;
}
/// The largest cluster whose vectors are made orthogonal one to the others.
inline constexpr std::int64_t largest_cluster = 32;
/// What is left of a unit vector that was nearly in the span of the others.
inline constexpr double least_left = 1e-3;

/// Whether eigenvalues of LDLᵀ (n × n) next to each other, `larger` first, belong to one cluster.
EIGENLENS_HOST_DEVICE inline bool clustered(std::int64_t n, double larger, double smaller) {
  return larger - smaller < cluster_gap(n) * larger;
}

/// An array of which element i is at i·step.
struct Strided {
  double* data;
  std::int64_t step;
  EIGENLENS_HOST_DEVICE double& operator[](std::int64_t i) const { return data[i * step]; }
};

/// z (n) ← the eigenvector of LDLᵀ to its eigenvalue x, with z_r = 1 where it is about largest: (111) to (113). `p` is
/// room for n. Returns ‖z‖². About 20n flops.
EIGENLENS_HOST_DEVICE inline double twisted_vector(const Factored& f, double x, Strided p, Strided z) {
  const std::int64_t n = f.n;
  double below = f.pivots[n - 1] - x;
  p[n - 1] = below;
  for (std::int64_t i = n - 2; i >= 0; --i) {
    const double pivot = not_zero(f.ratios[i] * f.e[i] + below);
    below = below * (f.pivots[i] / pivot) - x;
    p[i] = below;
  }
  std::int64_t twist = 0;
  double least = INFINITY, above = -x;
  for (std::int64_t i = 0; i < n; ++i) {
    const double gamma = std::fabs(above + p[i] + x);
    if (gamma < least) least = gamma, twist = i;
    if (i == n - 1) break;
    const double pivot = not_zero(f.pivots[i] + above);
    z[i] = f.e[i] / pivot;
    above = f.ratios[i] * f.e[i] * (above / pivot) - x;
  }
  double square = 1, entry = 1;
  for (std::int64_t i = twist - 1; i >= 0; --i) {
    entry *= -z[i];
    z[i] = entry;
    square += entry * entry;
  }
  z[twist] = entry = 1;
  for (std::int64_t i = twist; i < n - 1; ++i) {
    entry *= -f.ratios[i] * (f.pivots[i] / not_zero(f.ratios[i] * f.e[i] + p[i + 1]));
    z[i + 1] = entry;
    square += entry * entry;
  }
  return square;
}

/// Columns first … first + count − 1 of Z (n × n, eigenvectors of lane `lane`, in the order of its values), of unit
/// length. room: twisted_room(n, count) doubles. 64n·count bytes; about 3n steps one after another.
Status twisted_vectors(const TridiagonalBatch& batch, std::int64_t lane, std::int64_t first, std::int64_t count,
                       double* room, double* z, Stream stream);
inline std::int64_t twisted_room(std::int64_t n, std::int64_t count) { return (2 * n + 1) * count; }

/// (114): the vectors of each cluster of lane `lane`, in Z, orthogonal to each other. `unresolved` counts those of
/// clusters that are too large, or of which too little was left.
Status separate_clusters(const TridiagonalBatch& batch, std::int64_t lane, double* z, Stream stream);

}  // namespace eigenlens::kernels
