// SPDX-License-Identifier: Apache-2.0
/// \file
/// A set of bytes in host memory, from where the device benchmarks take it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "eigenlens/dataset.hpp"

namespace eigenlens::bench {

/// All samples of a set: N × D bytes, sample by sample.
struct Samples {
  DatasetInfo info;
  std::vector<std::uint8_t> values;
  std::vector<std::int32_t> labels;
};

/// What open_dataset(path) has, or the first `most` of it (0: all). Error(usage) if they are no bytes.
Samples read_samples(const std::string& path, std::int64_t most);

/// They as a data set that is read in batches of about 8 MiB; it refers to them.
class SamplesInMemory final : public Dataset {
 public:
  explicit SamplesInMemory(const Samples& samples) : samples_(samples) {}
  [[nodiscard]] const DatasetInfo& info() const override { return samples_.info; }
  std::optional<Batch> next() override;

 private:
  const Samples& samples_;
  std::int64_t done_ = 0;
};

}  // namespace eigenlens::bench
