// SPDX-License-Identifier: Apache-2.0
#include "moments/double_centring.hpp"

#include <algorithm>
#include <vector>

#include "host/index.hpp"
#include "host/parallel.hpp"

namespace eigenlens {
namespace {

__extension__ typedef __int128 Int128;

constexpr std::int64_t tile = 64;  ///< columns that a thread takes at once

/// Sums of columns, which are those of rows.
template <class Sum, class Scalar>
std::vector<Sum> sums_of(const Dense<Scalar>& gram, int threads) {
  std::vector<Sum> sums(at(gram.cols()));
  parallel_for(threads, (gram.cols() + tile - 1) / tile, [&](std::int64_t t) {
    for (std::int64_t j = t * tile; j < std::min(gram.cols(), (t + 1) * tile); ++j)
      for (std::int64_t i = 0; i < gram.rows(); ++i) sums[at(j)] += gram(i, j);
  });
  return sums;
}

/// k_ij ← entry(i, j).
template <class Entry>
DenseF64 filled(std::int64_t n, int threads, const Entry& entry) {
  DenseF64 k(n, n);
  parallel_for(threads, (n + tile - 1) / tile, [&](std::int64_t t) {
    for (std::int64_t j = t * tile; j < std::min(n, (t + 1) * tile); ++j)
      for (std::int64_t i = 0; i < n; ++i) k(i, j) = entry(i, j);
  });
  return k;
}

}  // namespace

DenseF64 doubly_centred(const DenseI64& gram, double scale, int threads) {
  const std::int64_t n = gram.rows();
  const std::vector<Int128> sums = sums_of<Int128>(gram, threads);
  Int128 total = 0;
  for (const Int128 sum : sums) total += sum;
  const double factor = scale / static_cast<double>(n) / static_cast<double>(n);
  return filled(n, threads, [&](std::int64_t i, std::int64_t j) {
    const Int128 entry = static_cast<Int128>(n) * n * gram(i, j) - n * (sums[at(i)] + sums[at(j)]) + total;
    return static_cast<double>(entry) * factor;
  });
}

DenseF64 doubly_centred(const DenseF64& gram, double scale, int threads) {
  const auto n = static_cast<double>(gram.rows());
  std::vector<double> sums = sums_of<double>(gram, threads);
  double total = 0;
  for (double& sum : sums) total += sum /= n;
  total /= n;
  return filled(gram.rows(), threads, [&](std::int64_t i, std::int64_t j) {
    return (gram(i, j) - (sums[at(i)] + sums[at(j)]) + total) * scale;
  });
}

}  // namespace eigenlens
