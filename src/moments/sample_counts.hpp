// SPDX-License-Identifier: Apache-2.0
/// \file
/// N and n_c, counted on the host by every backend.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "eigenlens/moments.hpp"

namespace eigenlens {

class SampleCounts {
 public:
  explicit SampleCounts(std::int64_t classes) : classes_(static_cast<std::size_t>(classes)) {}
  void add(const Batch& batch) {
    count_ += batch.count;
    for (std::int64_t n = 0; n < batch.count; ++n) ++classes_[static_cast<std::size_t>(batch.labels[n])];
  }
  void grow(std::int64_t classes) { classes_.resize(static_cast<std::size_t>(classes)); }
  [[nodiscard]] std::int64_t count() const { return count_; }
  /// Fills count and class_counts; nothing is counted afterwards.
  void finish(Moments& moments) {
    moments.count = std::exchange(count_, 0);
    moments.class_counts = std::exchange(classes_, std::vector<std::int64_t>(classes_.size()));
  }

 private:
  std::int64_t count_ = 0;
  std::vector<std::int64_t> classes_;
};

}  // namespace eigenlens
