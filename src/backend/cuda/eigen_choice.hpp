// SPDX-License-Identifier: Apache-2.0
/// \file
/// Which routine of cuSOLVER, or our own, solves a batch of eigenproblems, how many side by side, and the orders that
/// it survives. The orders and counts for speed are guesses so far: bench/bench_device_eigen.cpp measures them. Plain
/// C++.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "eigenlens/sweep.hpp"

namespace eigenlens::cuda {

enum class EigenRoute {
  by_size,      ///< what the constants below say
  batched,      ///< one cusolverDnXsyevBatched for all
  streams,      ///< a cusolverDnXsyevd for each, on streams and threads of the host side by side
  one_by_one,   ///< a cusolverDnXsyevd for each, one after the other
  tridiagonal,  ///< our own solver for all of them together: tridiagonal_route.hpp
};

/// As EIGENLENS_CUDA_EIGENSOLVER spells them; nothing for another name.
inline std::optional<EigenRoute> route_named(std::string_view name) {
  if (name == "batched") return EigenRoute::batched;
  if (name == "streams") return EigenRoute::streams;
  if (name == "one-by-one") return EigenRoute::one_by_one;
  if (name == "tridiagonal") return EigenRoute::tridiagonal;
  return std::nullopt;
}

/// Streams at work side by side; further lanes take their turn on the same ones. More overlap little, and each has
/// handles and workspaces of its own: tens of megabytes.
inline constexpr std::int64_t most_lanes = 8;
/// Up to this order the batched routine is taken for fastest.
inline constexpr std::int64_t largest_batched_order = 512;
/// More problems at a time than this fill a GPU no better.
inline constexpr std::int64_t most_batched_problems = 64;
/// The same of our own solver, whose lanes are larger.
inline constexpr std::int64_t most_tridiagonal_problems = 32;

/// n of cusolverDnXsyevd: its 64-bit interface failed above about 25,000 (NVIDIA/CUDALibrarySamples, issue 246) until
/// cuSOLVER 12.0, of CUDA 13.0; from there on, n² must stay below 2³¹ as far as we have reason to trust it.
inline constexpr std::int64_t largest_syevd_order = 46'340;
inline constexpr std::int64_t largest_syevd_order_before_12 = 25'000;
/// n of cusolverDnXgesvd: cuSOLVER's gesvd gave wrong vectors from n = 19,000 on, without a word, and right ones at
/// 18,900 (cupy/cupy, issue 7611): 6n² passes 2³¹ there.
inline constexpr std::int64_t largest_gesvd_order = 18'900;

/// cuSOLVER's version as cusolverGetVersion gives it.
inline std::int64_t largest_order_of(SolveMode mode, int version) {
  if (mode == SolveMode::accurate) return largest_gesvd_order;
  return version < 12'000 ? largest_syevd_order_before_12 : largest_syevd_order;
}

/// Problems of order n ≥ 1 that one cusolverDnXsyevBatched takes: n · lda · batchSize ≤ 2³¹ − 1, says its
/// documentation.
inline std::int64_t largest_batch(std::int64_t n) {
  return std::min(most_batched_problems, std::numeric_limits<std::int32_t>::max() / (n * n));
}

/// Never by_size. A single small problem is no batch.
inline EigenRoute choose_route(EigenRoute wanted, std::int64_t n, std::int64_t problems) {
  if (wanted == EigenRoute::by_size)
    wanted = n <= largest_batched_order && problems > 1 ? EigenRoute::batched : EigenRoute::streams;
  return wanted == EigenRoute::batched && largest_batch(n) == 0 ? EigenRoute::streams : wanted;
}

/// How many problems of order n ≥ 1 run best side by side.
inline std::int64_t best_lanes(EigenRoute wanted, std::int64_t n, std::int64_t problems) {
  const EigenRoute route = choose_route(wanted, n, problems);
  if (route == EigenRoute::tridiagonal) return std::clamp<std::int64_t>(problems, 1, most_tridiagonal_problems);
  return std::clamp<std::int64_t>(problems, 1, route == EigenRoute::batched ? largest_batch(n) : most_lanes);
}

}  // namespace eigenlens::cuda
