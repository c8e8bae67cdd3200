// SPDX-License-Identifier: Apache-2.0
#include "sweep/test_panels.hpp"

#include <algorithm>

#include "host/index.hpp"
#include "host/parallel.hpp"
#include "moments/batch_checks.hpp"

namespace eigenlens {
namespace {

template <class Scalar>
void centre(const Scalar* x, std::int64_t dimension, const double* shift, const double* mean, const double* scale,
            double* to) {
  for (std::int64_t i = 0; i < dimension; ++i) to[i] = ((static_cast<double>(x[i]) - shift[i]) - mean[i]) * scale[i];
}

}  // namespace

std::int64_t panel_width(std::int64_t dimension) {
  constexpr std::int64_t values = std::int64_t{1} << 22, step = 64, widest = 2048;
  return std::clamp(values / std::max<std::int64_t>(dimension, 1) / step * step, step, widest);
}

TestPanels::TestPanels(Dataset& dataset, const Centring& centring, int threads)
    : dataset_(dataset),
      centring_(centring),
      threads_(threads),
      values_(centring.dimension(), panel_width(centring.dimension())) {
  const Moments& moments = centring.moments();
  const auto n = static_cast<double>(centring.count());
  const bool exact = moments.arithmetic == Arithmetic::exact;
  for (std::int64_t i = 0; i < centring.dimension(); ++i) {
    shift_.push_back(exact ? 0 : moments.shift[at(i)]);
    mean_.push_back((exact ? static_cast<double>(moments.sum[at(i)]) : moments.sum_f64[at(i)]) / n);
    scale_.push_back(centring.constant(i) ? 0 : 1 / centring.global_std());
  }
}

std::int64_t TestPanels::next() {
  labels_.clear();
  while (static_cast<std::int64_t>(labels_.size()) < values_.cols()) {
    if (!batch_ || used_ == batch_->count) {
      batch_ = dataset_.next();
      used_ = 0;
      if (!batch_) break;
      check_batch(*batch_, dataset_.info(), centring_.classes(), done_, threads_);
    }
    take(std::min(batch_->count - used_, values_.cols() - static_cast<std::int64_t>(labels_.size())));
  }
  return static_cast<std::int64_t>(labels_.size());
}

void TestPanels::take(std::int64_t count) {
  const std::int64_t d = values_.rows(), to = static_cast<std::int64_t>(labels_.size());
  const auto centred = [&](auto* x) {
    parallel_for(threads_, (count + 63) / 64, [&](std::int64_t part) {
      for (std::int64_t n = 64 * part; n < std::min(count, 64 * part + 64); ++n)
        centre(x + (used_ + n) * d, d, shift_.data(), mean_.data(), scale_.data(), values_.col(to + n));
    });
  };
  if (batch_->scalar == ScalarType::uint8) centred(static_cast<const std::uint8_t*>(batch_->values));
  if (batch_->scalar == ScalarType::float32) centred(static_cast<const float*>(batch_->values));
  if (batch_->scalar == ScalarType::float64) centred(static_cast<const double*>(batch_->values));
  labels_.insert(labels_.end(), batch_->labels + used_, batch_->labels + used_ + count);
  used_ += count;
  done_ += count;
}

}  // namespace eigenlens
