// SPDX-License-Identifier: Apache-2.0
#include "sweep/test_panels.hpp"

#include <algorithm>
#include <cstring>

#include "data/scalar_size.hpp"
#include "host/index.hpp"
#include "moments/batch_checks.hpp"

namespace eigenlens {

std::int64_t panel_width(std::int64_t dimension) {
  constexpr std::int64_t values = std::int64_t{1} << 22, step = 64, widest = 2048;
  return std::clamp(values / std::max<std::int64_t>(dimension, 1) / step * step, step, widest);
}

TestPanels::TestPanels(Dataset& dataset, const Centring& centring, int threads)
    : dataset_(dataset),
      centring_(centring),
      threads_(threads),
      width_(panel_width(centring.dimension())),
      values_(at(width_ * centring.dimension()) * scalar_size(dataset.info().scalar)) {
  const Moments& moments = centring.moments();
  const auto n = static_cast<double>(centring.count());
  const bool exact = moments.arithmetic == Arithmetic::exact;
  for (std::int64_t i = 0; i < centring.dimension(); ++i) {
    centre_.shift.push_back(exact ? 0 : moments.shift[at(i)]);
    centre_.mean.push_back((exact ? static_cast<double>(moments.sum[at(i)]) : moments.sum_f64[at(i)]) / n);
    centre_.scale.push_back(centring.constant(i) ? 0 : 1 / centring.global_std());
  }
}

std::int64_t TestPanels::next() {
  labels_.clear();
  while (static_cast<std::int64_t>(labels_.size()) < width_) {
    if (!batch_ || used_ == batch_->count) {
      batch_ = dataset_.next();
      used_ = 0;
      if (!batch_) break;
      check_batch(*batch_, dataset_.info(), centring_.classes(), done_, threads_);
    }
    take(std::min(batch_->count - used_, width_ - static_cast<std::int64_t>(labels_.size())));
  }
  return static_cast<std::int64_t>(labels_.size());
}

void TestPanels::take(std::int64_t count) {
  const std::size_t sample = at(centring_.dimension()) * scalar_size(dataset_.info().scalar);
  std::memcpy(values_.data() + labels_.size() * sample,
              static_cast<const std::byte*>(batch_->values) + at(used_) * sample, at(count) * sample);
  labels_.insert(labels_.end(), batch_->labels + used_, batch_->labels + used_ + count);
  used_ += count;
  done_ += count;
}

Batch TestPanels::batch() const {
  Batch batch;
  batch.scalar = dataset_.info().scalar;
  batch.count = static_cast<std::int64_t>(labels_.size());
  batch.dimension = centring_.dimension();
  batch.values = values_.data();
  batch.labels = labels_.data();
  return batch;
}

}  // namespace eigenlens
