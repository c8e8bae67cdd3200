// SPDX-License-Identifier: Apache-2.0
/// \file
/// Samples in memory as a data set that is read like any other.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "eigenlens/dataset.hpp"
#include "eigenlens/dual_moments.hpp"
#include "support/samples.hpp"

namespace eigenlens::test {

class MemoryDataset final : public Dataset {
 public:
  /// The samples, stored as `scalar`, `batch` at a time.
  MemoryDataset(const Samples& samples, ScalarType scalar, std::int64_t batch);
  [[nodiscard]] const DatasetInfo& info() const override { return info_; }
  /// To pretend that there are others.
  DatasetInfo& change_info() { return info_; }
  std::optional<Batch> next() override;

 private:
  DatasetInfo info_;
  std::vector<std::byte> values_;
  std::vector<std::int32_t> labels_;
  std::int64_t batch_;
  std::int64_t done_ = 0;
};

std::vector<Pretext> parse_all(const std::vector<std::string>& specifications);

/// The dual moments that the engine accumulates from these samples, stored as `scalar`.
DualMoments engine_dual_moments(const Samples& samples, const std::vector<Pretext>& pretexts,
                                ScalarType scalar = ScalarType::uint8, std::int64_t batch = 7,
                                const Device& device = Device({.name = "cpu", .threads = 2}));

}  // namespace eigenlens::test
