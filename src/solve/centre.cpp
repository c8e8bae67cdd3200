// SPDX-License-Identifier: Apache-2.0
#include "solve/centre.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "eigenlens/error.hpp"
#include "host/index.hpp"
#include "kernels/centred_gram.hpp"

namespace eigenlens {
namespace {

void require_samples(const Moments& m) {
  if (m.count < 2)
    throw Error(ErrorCode::data, fmt::format("{}: {} sample(s): at least two are needed", m.dataset, m.count));
}

void require_classes(const Moments& m) {
  if (m.classes() < 2)
    throw Error(ErrorCode::data, fmt::format("{}: {} class(es): alignment needs at least two", m.dataset, m.classes()));
  for (std::int64_t c = 0; c < m.classes(); ++c)
    if (m.class_counts[at(c)] == 0)
      throw Error(
          ErrorCode::data,
          fmt::format("{}: class {} of {} has no sample: every class in [0, {}] must occur (labels that count from "
                      "1 need --label-base 1)",
                      m.dataset, c, m.classes(), m.classes() - 1));
}

}  // namespace

Centring::Centring(const Moments& moments, Labels labels) : moments_(moments) {
  require_samples(moments);
  if (labels == Labels::needed) require_classes(moments);
  const std::int64_t d = dimension();
  const double n = static_cast<double>(count());
  constexpr double epsilon = std::numeric_limits<double>::epsilon();
  const bool exact = moments.arithmetic == Arithmetic::exact;
  // Sums of N rounded products are off by about √N ε; integers are not.
  rank_tolerance_ = epsilon * std::max(static_cast<double>(d), exact ? 0 : 10 * std::sqrt(n));
  constant_.resize(at(d));
  double total = 0;
  for (std::int64_t i = 0; i < d; ++i) {
    const double energy = centred_gram(i, i);
    double noise = 0;  // exact moments have none; a float column that never changes leaves rounding of its mean
    if (!exact) {
      const double mean = std::abs(moments.shift[at(i)]) + std::abs(moments.sum_f64[at(i)]) / n;
      noise = n * std::pow(8 * epsilon * mean, 2);
    }
    constant_[at(i)] = energy <= noise;
    if (!constant_[at(i)]) total += energy;
  }
  if (total == 0)
    throw Error(ErrorCode::numerical,
                fmt::format("{}: every one of the {} samples is the same (to 64-bit precision): the "
                            "Gram matrix has rank 0",
                            moments.dataset, count()));
  if (!std::isnormal(total))
    throw Error(
        ErrorCode::data,
        fmt::format("{}: squares of the values leave the range of 64-bit numbers: scale the data", moments.dataset));
  global_std_ = std::sqrt(total / static_cast<double>(d) / n);
}

std::int64_t Centring::constant_pixels() const { return std::count(constant_.begin(), constant_.end(), 1); }

double Centring::centred_gram(std::int64_t i, std::int64_t j) const {
  if (moments_.arithmetic == Arithmetic::exact)
    return kernels::centred_exact(count(), moments_.gram(i, j), moments_.sum[at(i)], moments_.sum[at(j)]);
  return kernels::centred_float(static_cast<double>(count()), moments_.gram_f64(i, j), moments_.sum_f64[at(i)],
                                moments_.sum_f64[at(j)]);
}

double Centring::gram(std::int64_t i, std::int64_t j) const {
  return constant(i) || constant(j) ? 0 : centred_gram(i, j) / global_std_ / global_std_;
}

double Centring::cross(std::int64_t i, std::int64_t c) const {
  if (constant(i)) return 0;
  const std::int64_t size = moments_.class_counts[at(c)];
  if (moments_.arithmetic == Arithmetic::exact)
    return kernels::centred_exact(count(), moments_.cross(i, c), moments_.sum[at(i)], size) / global_std_;
  return kernels::centred_float(static_cast<double>(count()), moments_.cross_f64(i, c), moments_.sum_f64[at(i)],
                                static_cast<double>(size)) /
         global_std_;
}

DenseF64 Centring::cross() const {
  DenseF64 m(dimension(), classes());
  for (std::int64_t c = 0; c < classes(); ++c)
    for (std::int64_t i = 0; i < dimension(); ++i) m(i, c) = cross(i, c);
  return m;
}

}  // namespace eigenlens
