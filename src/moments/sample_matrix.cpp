// SPDX-License-Identifier: Apache-2.0
#include "moments/sample_matrix.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#include "data/scalar_size.hpp"
#include "eigenlens/error.hpp"
#include "host/index.hpp"
#include "host/parallel.hpp"
#include "kernels/centred_gram.hpp"
#include "moments/batch_checks.hpp"
#include "moments/batch_mean.hpp"

namespace eigenlens {
namespace {

/// Samples and pixels of a square that is turned at once.
constexpr std::int64_t tile = 64;

/// Calls body with a value of the scalar type.
template <class Body>
void with_scalar(ScalarType scalar, const Body& body) {
  switch (scalar) {
    case ScalarType::uint8:
      return body(std::uint8_t{});
    case ScalarType::float32:
      return body(float{});
    case ScalarType::float64:
      return body(double{});
  }
}

/// body(first, last) for runs of samples, on several threads.
template <class Body>
void over_samples(int threads, std::int64_t count, const Body& body) {
  const std::int64_t runs = (count + tile - 1) / tile;
  parallel_for(threads, runs, [&](std::int64_t run) { body(run * tile, std::min(count, (run + 1) * tile)); });
}

}  // namespace

SampleMatrix::SampleMatrix(const DatasetInfo& info)
    : info_(info),
      scalar_bytes_(scalar_size(info.scalar)),
      values_(std::make_unique_for_overwrite<std::byte[]>(at(info.count * info.shape.size()) * scalar_bytes_)) {
  labels_.reserve(at(info.count));
}

void SampleMatrix::add(const Batch& batch) {
  if (batch.count > info_.count - count())
    throw Error(ErrorCode::data, fmt::format("{}: sample {} is one more than the {} that were announced",
                                             source_name(info_), info_.count, info_.count));
  if (batch.count == 0) return;
  std::memcpy(values_.get() + at(count() * dimension()) * scalar_bytes_, batch.values,
              at(batch.count * dimension()) * scalar_bytes_);
  labels_.insert(labels_.end(), batch.labels, batch.labels + batch.count);
}

void SampleMatrix::complete(int threads) {
  if (labels_.empty()) throw Error(ErrorCode::data, fmt::format("{}: no samples", source_name(info_)));
  mean_.assign(at(dimension()), 0);
  constant_.assign(at(dimension()), 0);
  with_scalar(info_.scalar, [&](auto zero) { measure<decltype(zero)>(threads); });
}

template <class Scalar>
void SampleMatrix::measure(int threads) {
  const std::int64_t d = dimension(), n = count();
  std::vector<double> energies(at(d));
  if constexpr (std::is_same_v<Scalar, std::uint8_t>) {
    over_coordinates(threads, d, [&](std::int64_t first, std::int64_t last) {
      std::vector<std::int64_t> sum(at(last - first)), square(at(last - first));
      for (std::int64_t k = 0; k < n; ++k)
        for (std::int64_t i = first; i < last; ++i) {
          const std::int64_t x = sample<Scalar>(k)[i];
          sum[at(i - first)] += x;
          square[at(i - first)] += x * x;
        }
      for (std::int64_t i = first; i < last; ++i) {
        const std::int64_t s = sum[at(i - first)];
        mean_[at(i)] = static_cast<double>(s) / static_cast<double>(n);
        energies[at(i)] = kernels::centred_exact(n, square[at(i - first)], s, s);
        constant_[at(i)] = energies[at(i)] == 0;
      }
    });
  } else {
    mean_ = batch_mean(sample<Scalar>(0), d, n, threads);
    over_coordinates(threads, d, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t k = 0; k < n; ++k)
        for (std::int64_t i = first; i < last; ++i) {
          const double x = static_cast<double>(sample<Scalar>(k)[i]) - mean_[at(i)];
          energies[at(i)] += x * x;
        }
      for (std::int64_t i = first; i < last; ++i) {  // rounding of the mean, as of float moments
        const double rounding = 8 * std::numeric_limits<double>::epsilon() * mean_[at(i)];
        constant_[at(i)] = energies[at(i)] <= static_cast<double>(n) * rounding * rounding;
      }
    });
  }
  for (std::int64_t i = 0; i < d; ++i) {
    if (!std::isfinite(energies[at(i)]))
      throw Error(ErrorCode::data, fmt::format("{}: the squares of {} overflow float64; scale the data",
                                               source_name(info_), feature_name(info_.shape, i)));
    if (constant_[at(i)] == 0) energy_ += energies[at(i)];
  }
}

void SampleMatrix::gather(std::span<const std::int64_t> pixels, void* values, int threads) const {
  with_scalar(info_.scalar, [&](auto zero) {
    using Scalar = decltype(zero);
    auto* to = static_cast<Scalar*>(values);
    over_samples(threads, count(), [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t n = first; n < last; ++n)
        for (std::size_t p = 0; p < pixels.size(); ++p) to[at(n) * pixels.size() + p] = sample<Scalar>(n)[pixels[p]];
    });
  });
}

void SampleMatrix::gather_transposed(std::span<const std::int64_t> pixels, void* values, int threads) const {
  with_scalar(info_.scalar, [&](auto zero) {
    using Scalar = decltype(zero);
    auto* to = static_cast<Scalar*>(values);
    const std::size_t n = at(count());
    over_samples(threads, count(), [&](std::int64_t first, std::int64_t last) {
      for (std::size_t begin = 0; begin < pixels.size(); begin += at(tile))
        for (std::size_t p = begin; p < std::min(pixels.size(), begin + at(tile)); ++p)
          for (std::int64_t k = first; k < last; ++k) to[p * n + at(k)] = sample<Scalar>(k)[pixels[p]];
    });
  });
}

}  // namespace eigenlens
