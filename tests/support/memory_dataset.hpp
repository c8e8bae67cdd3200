// SPDX-License-Identifier: Apache-2.0
/// \file
/// Explicit samples as an open data set.
#pragma once

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "support/samples.hpp"

namespace eigenlens::test {

class MemoryDataset final : public Dataset {
 public:
  MemoryDataset(Samples samples, ScalarType scalar, std::int64_t batch) : samples_(std::move(samples)), batch_(batch) {
    info_.name = "explicit samples";
    info_.source = "memory";
    info_.split = "test";
    info_.scalar = scalar;
    info_.shape = samples_.shape;
    info_.count = samples_.count();
    info_.classes = samples_.classes;
  }

  [[nodiscard]] const DatasetInfo& info() const override { return info_; }
  /// To pretend.
  DatasetInfo& changed_info() { return info_; }

  std::optional<Batch> next() override {
    if (first_ >= samples_.count()) return std::nullopt;
    Batch batch;
    batch.scalar = info_.scalar;
    batch.count = std::min(batch_, samples_.count() - first_);
    batch.dimension = samples_.dimension();
    batch.first = first_;
    batch.labels = samples_.labels.data() + first_;
    const double* from = samples_.values.col(first_);
    const double* last = from + batch.count * batch.dimension;
    if (info_.scalar == ScalarType::uint8) batch.values = (bytes_ = {from, last}).data();
    if (info_.scalar == ScalarType::float32) batch.values = (floats_ = {from, last}).data();
    if (info_.scalar == ScalarType::float64) batch.values = from;
    first_ += batch.count;
    return batch;
  }

 private:
  Samples samples_;
  DatasetInfo info_;
  std::int64_t batch_;
  std::int64_t first_ = 0;
  std::vector<std::uint8_t> bytes_;
  std::vector<float> floats_;
};

}  // namespace eigenlens::test
