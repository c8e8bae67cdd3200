// SPDX-License-Identifier: Apache-2.0
#include "solve/centre.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "eigenlens/error.hpp"
#include "host/index.hpp"
#include "kernels/centred_gram.hpp"
#include "moments/dual_tolerance.hpp"

namespace eigenlens {
namespace {

void require_samples(const std::string& dataset, std::int64_t count) {
  if (count < 2) throw Error(ErrorCode::data, fmt::format("{}: {} sample(s): at least two are needed", dataset, count));
}

void require_classes(const std::string& dataset, const std::vector<std::int64_t>& class_counts) {
  const auto classes = static_cast<std::int64_t>(class_counts.size());
  if (classes < 2)
    throw Error(ErrorCode::data, fmt::format("{}: {} class(es): alignment needs at least two", dataset, classes));
  for (std::int64_t c = 0; c < classes; ++c)
    if (class_counts[at(c)] == 0)
      throw Error(
          ErrorCode::data,
          fmt::format("{}: class {} of {} has no sample: every class in [0, {}] must occur (labels that count from "
                      "1 need --label-base 1)",
                      dataset, c, classes, classes - 1));
}

/// Σ‖x − x̄‖² = tr K − ΣK/N.
double centred_energy(const DualMoments& m) {
  const std::int64_t n = m.count();
  if (m.arithmetic == Arithmetic::exact) {
    __extension__ typedef __int128 Int128;
    Int128 trace = 0, all = 0;
    for (std::int64_t i = 0; i < n; ++i) trace += m.gram(i, i);
    for (std::int64_t i = 0; i < m.gram.size(); ++i) all += m.gram.data()[i];
    return static_cast<double>(n * trace - all) / static_cast<double>(n);
  }
  double trace = 0, all = 0;
  for (std::int64_t i = 0; i < n; ++i) trace += m.gram_f64(i, i);
  for (std::int64_t i = 0; i < m.gram_f64.size(); ++i) all += m.gram_f64.data()[i];
  return trace - all / static_cast<double>(n);
}

}  // namespace

Centring::Centring(const Moments& moments, Labels labels)
    : moments_(&moments), count_(moments.count), dimension_(moments.dimension()), class_counts_(moments.class_counts) {
  require_samples(moments.dataset, count_);
  if (labels == Labels::needed) require_classes(moments.dataset, class_counts_);
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
  constant_pixels_ = std::count(constant_.begin(), constant_.end(), 1);
  scale_by(total, moments.dataset);
}

Centring::Centring(const DualMoments& moments)
    : moments_(nullptr),
      count_(moments.count()),
      dimension_(moments.dimension()),
      class_counts_(moments.class_counts),
      rank_tolerance_(dual_rank_tolerance(moments.count(), moments.dimension())),
      constant_pixels_(moments.constant_pixels) {
  require_samples(moments.dataset, count_);
  require_classes(moments.dataset, class_counts_);
  const bool varies = constant_pixels_ < dimension_;  // of what does not, floats keep rounding
  scale_by(varies ? centred_energy(moments) : 0, moments.dataset);
}

void Centring::scale_by(double energy, const std::string& dataset) {
  if (energy <= 0)
    throw Error(ErrorCode::numerical, fmt::format("{}: every one of the {} samples is the same (to 64-bit precision): "
                                                  "the Gram matrix has rank 0",
                                                  dataset, count()));
  if (!std::isnormal(energy))
    throw Error(ErrorCode::data,
                fmt::format("{}: squares of the values leave the range of 64-bit numbers: scale the data", dataset));
  global_std_ = std::sqrt(energy / static_cast<double>(dimension_) / static_cast<double>(count_));
}

const Moments& Centring::moments() const {
  if (!moments_) throw Error(ErrorCode::usage, "this needs moments of the inputs, D x D: the dual form has none");
  return *moments_;
}

double Centring::centred_gram(std::int64_t i, std::int64_t j) const {
  if (moments_->arithmetic == Arithmetic::exact)
    return kernels::centred_exact(count(), moments_->gram(i, j), moments_->sum[at(i)], moments_->sum[at(j)]);
  return kernels::centred_float(static_cast<double>(count()), moments_->gram_f64(i, j), moments_->sum_f64[at(i)],
                                moments_->sum_f64[at(j)]);
}

double Centring::gram(std::int64_t i, std::int64_t j) const {
  return constant(i) || constant(j) ? 0 : centred_gram(i, j) / global_std_ / global_std_;
}

double Centring::cross(std::int64_t i, std::int64_t c) const {
  if (constant(i)) return 0;
  const std::int64_t size = moments_->class_counts[at(c)];
  if (moments_->arithmetic == Arithmetic::exact)
    return kernels::centred_exact(count(), moments_->cross(i, c), moments_->sum[at(i)], size) / global_std_;
  return kernels::centred_float(static_cast<double>(count()), moments_->cross_f64(i, c), moments_->sum_f64[at(i)],
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
