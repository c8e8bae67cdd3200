// SPDX-License-Identifier: Apache-2.0
/// \file
/// B_g = L_g L_gᵀ with complete pivoting, many blocks at once: (18) of docs/math.md.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/host_device.hpp"
#include "kernels/launch.hpp"

namespace eigenlens::kernels {

/// One block: B_ij = G(index[i], index[j]).
struct PivotedBlock {
  const double* g;         ///< D × D, of which the lower triangle is read
  std::int64_t dimension;  ///< D
  std::int64_t* index;     ///< size: coordinates; in the order of the pivots afterwards
  double* diagonal;        ///< size: room to work in
  double* l;               ///< size × size: L_g in its first columns, zeros above its diagonal
  std::int64_t size;
};

/// Who factors a block where there is one thread. On the device a team is the threads of a CUDA block.
struct SingleThread {
  std::int64_t thread = 0;
  std::int64_t threads = 1;
  void sync() const {}
  /// Every thread's pair in; the largest value's index out, of equal ones the smallest, for every thread.
  std::int64_t index_of_largest(double /*value*/, std::int64_t index) const { return index; }
};

/// B(i, j), of the lower triangle of G.
EIGENLENS_HOST_DEVICE inline double block_entry(const double* g, std::int64_t dimension, const std::int64_t* index,
                                                std::int64_t i, std::int64_t j) {
  const std::int64_t gi = index[i], gj = index[j];
  return gi < gj ? g[gj + gi * dimension] : g[gi + gj * dimension];
}

/// L(i, k) for i > k, once columns 0 … k − 1 and L(k, k) = root are there.
EIGENLENS_HOST_DEVICE inline double cholesky_entry(const PivotedBlock& b, std::int64_t i, std::int64_t k, double root) {
  double sum = block_entry(b.g, b.dimension, b.index, i, k);
  for (std::int64_t m = 0; m < k; ++m) sum -= b.l[i + m * b.size] * b.l[k + m * b.size];
  return sum / root;
}

/// Rows k and p of what is there at step k change places.
template <class Team>
EIGENLENS_HOST_DEVICE void exchange_rows(const PivotedBlock& b, std::int64_t k, std::int64_t p, const Team& team) {
  for (std::int64_t m = team.thread; m < k; m += team.threads) {
    const double above = b.l[k + m * b.size];
    b.l[k + m * b.size] = b.l[p + m * b.size];
    b.l[p + m * b.size] = above;
  }
  if (team.thread != 0) return;
  const std::int64_t coordinate = b.index[k];
  b.index[k] = b.index[p];
  b.index[p] = coordinate;
  b.diagonal[p] = b.diagonal[k];
}

#ifdef __CUDACC__
#pragma nv_exec_check_disable  // a team's functions are of its own side
#endif
/// Factors the block as LAPACK's dpstrf does: the largest remaining diagonal entry is the next pivot, and the first
/// that is `tolerance` times the block's largest entry or less ends it. Returns the rank, to every thread. Columns of L
/// beyond it are not written. At most size³/3 flops.
template <class Team>
EIGENLENS_HOST_DEVICE std::int64_t pivoted_cholesky(const PivotedBlock& b, double tolerance, const Team& team) {
  for (std::int64_t i = team.thread; i < b.size; i += team.threads)
    b.diagonal[i] = block_entry(b.g, b.dimension, b.index, i, i);
  double smallest = 0;
  for (std::int64_t k = 0; k < b.size; ++k) {
    team.sync();
    std::int64_t best = k + team.thread < b.size ? k + team.thread : k;
    for (std::int64_t i = best; i < b.size; i += team.threads)
      if (b.diagonal[i] > b.diagonal[best]) best = i;
    const std::int64_t p = team.index_of_largest(b.diagonal[best], best);
    const double pivot = b.diagonal[p];
    if (k == 0) smallest = tolerance * pivot;
    if (!(pivot > smallest)) return k;  // not a number ends it as well
    team.sync();
    if (p != k) exchange_rows(b, k, p, team);
    team.sync();
    const double root = std::sqrt(pivot);
    for (std::int64_t i = team.thread; i < b.size; i += team.threads) {
      const double value = i < k ? 0 : i == k ? root : cholesky_entry(b, i, k, root);
      b.l[i + k * b.size] = value;
      if (i > k) b.diagonal[i] -= value * value;
    }
  }
  return b.size;
}

/// Where a block's part of the arrays begins: its coordinates and its L, of `size` and size² elements.
struct BlockPlace {
  std::int64_t row;
  std::int64_t value;
  std::int64_t size;
};

/// Blocks up to this size are factored in shared memory.
inline constexpr std::int64_t small_block = 64;

/// Factors blocks ids[0 … count − 1] of `places`. index: Σ size; diagonal: Σ size, room; l: Σ size²; ranks: one a
/// block.
Status pivoted_cholesky(const double* g, std::int64_t dimension, const BlockPlace* places, const std::int64_t* ids,
                        std::int64_t count, double tolerance, std::int64_t* index, double* diagonal, double* l,
                        std::int64_t* ranks, Stream stream);

/// What became of unpivoted factors of blocks ids[0 … count − 1]: ranks ← size if info is 0 and every pivot L_kk² is
/// above `tolerance` times the block's largest diagonal entry, else −1. Clears what the routine left above the
/// diagonal.
Status accept_cholesky(const double* g, std::int64_t dimension, const BlockPlace* places, const std::int64_t* ids,
                       std::int64_t count, const int* infos, double tolerance, const std::int64_t* index, double* l,
                       std::int64_t* ranks, Stream stream);

}  // namespace eigenlens::kernels
