// SPDX-License-Identifier: Apache-2.0
/// \file
/// The shift of float sums: the mean of the first batch, the same bits on every backend.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "eigenlens/dataset.hpp"
#include "host/parallel.hpp"

namespace eigenlens {

/// body(first, last) for runs of coordinates, a multiple of a cache line of float64 each.
template <class Body>
void over_coordinates(int threads, std::int64_t dimension, const Body& body) {
  const std::int64_t lines = (dimension + 7) / 8;
  const std::int64_t parts = std::min<std::int64_t>(threads, lines);
  parallel_for(threads, parts, [&](std::int64_t part) {
    body(lines * part / parts * 8, std::min(lines * (part + 1) / parts * 8, dimension));
  });
}

/// D: Σx/b, added sample by sample in order, whatever the thread count. count ≥ 1.
template <class Real>
std::vector<double> batch_mean(const Real* x, std::int64_t dimension, std::int64_t count, int threads) {
  std::vector<double> mean(static_cast<std::size_t>(dimension));
  over_coordinates(threads, dimension, [&](std::int64_t first, std::int64_t last) {
    double* sum = mean.data();
    for (std::int64_t n = 0; n < count; ++n)
      for (std::int64_t i = first; i < last; ++i) sum[i] += static_cast<double>(x[n * dimension + i]);
    for (std::int64_t i = first; i < last; ++i) sum[i] /= static_cast<double>(count);
  });
  return mean;
}

}  // namespace eigenlens
