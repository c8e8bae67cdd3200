// SPDX-License-Identifier: Apache-2.0
/// \file
/// Small batches gathered into one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "eigenlens/dataset.hpp"

namespace eigenlens {

class SampleBuffer {
 public:
  static constexpr std::size_t capacity = std::size_t{8} << 20;  ///< bytes, there from the first batch on

  /// Batches of host memory below half the capacity, so that what is gathered is at least that.
  [[nodiscard]] static bool is_small(const Batch& batch);
  /// Whether this small batch still fits.
  [[nodiscard]] bool takes(const Batch& batch) const;
  /// Copies a batch that fits, of the same scalar type and dimension as those before.
  void add(const Batch& batch);
  /// What was gathered: lives until the next call of add.
  [[nodiscard]] Batch batch() const;
  void clear();

 private:
  std::unique_ptr<std::byte[]> values_;
  std::size_t used_ = 0;
  std::vector<std::int32_t> labels_;
  Batch first_;  ///< scalar, dimension and first of the oldest
};

}  // namespace eigenlens
