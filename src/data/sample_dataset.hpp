// SPDX-License-Identifier: Apache-2.0
/// \file
/// What every reader shares: its facts, its two buffers and the walk in batches. A reader only fills them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <vector>

#include "eigenlens/dataset.hpp"

namespace eigenlens {

/// Bytes of one value: 1, 4 or 8.
std::int64_t bytes_of(ScalarType scalar);

/// Samples a batch: `batch`, or for 0 about 8 MiB of values; at least 1, at most all.
std::int64_t batch_size(const DatasetInfo& info, std::int64_t batch);

class SampleDataset : public Dataset {
 public:
  /// batch_size() samples at a time.
  SampleDataset(DatasetInfo info, std::int64_t batch);
  [[nodiscard]] const DatasetInfo& info() const final { return info_; }
  /// After a failure every further call fails the same way, so that a damaged set never looks like a short one.
  std::optional<Batch> next() final;

 protected:
  /// Writes the values (channel-major) and labels of the samples first … first + count − 1; called in order.
  virtual void read(std::int64_t first, std::int64_t count, std::byte* values, std::int32_t* labels) = 0;

 private:
  DatasetInfo info_;
  std::int64_t batch_;
  std::int64_t next_ = 0;
  std::vector<std::byte> values_;
  std::vector<std::int32_t> labels_;
  std::exception_ptr failure_;
};

}  // namespace eigenlens
