// SPDX-License-Identifier: Apache-2.0
/// \file
/// What goes to the device and back for all lanes of a batch at once.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "backend/backend.hpp"
#include "backend/cuda/context.hpp"

namespace eigenlens::cuda {

/// A single matrix serves every lane.
inline const Matrix& of_lane(std::span<const Matrix> matrices, std::size_t lane) {
  return matrices[matrices.size() == 1 ? 0 : lane];
}

/// As a leading dimension.
inline std::int64_t leading(std::int64_t rows) { return std::max<std::int64_t>(rows, 1); }
inline std::int64_t leading(const Matrix& a) { return leading(a.rows()); }

/// The weights of all lanes, uploaded together.
class LaneWeights {
 public:
  LaneWeights(Context& context, const Weights& weights);
  /// On the device; null for ones.
  [[nodiscard]] const double* of(std::size_t lane) const {
    return counts_[lane] == 0 ? nullptr : data_.data() + firsts_[lane];
  }

 private:
  std::vector<std::int64_t> firsts_, counts_;
  Array<double> data_;
};

/// Room on the device for `count` results of every lane, downloaded together.
template <class T>
class LaneResults {
 public:
  LaneResults(Context& context, std::size_t lanes, std::int64_t count)
      : context_(context), count_(count), data_(context.allocate<T>(static_cast<std::int64_t>(lanes) * count)) {}
  [[nodiscard]] T* of(std::size_t lane) const { return data_.data() + static_cast<std::int64_t>(lane) * count_; }
  /// Waits for all that is queued.
  [[nodiscard]] std::vector<T> downloaded() const {
    std::vector<T> all(static_cast<std::size_t>(data_.size()));
    context_.download(data_.data(), data_.size(), all.data());
    return all;
  }
  void download(std::span<std::vector<T>> lanes) const {
    const std::vector<T> all = downloaded();
    auto from = all.begin();
    for (std::vector<T>& lane : lanes) {
      lane.assign(from, from + count_);
      from += count_;
    }
  }

 private:
  Context& context_;
  std::int64_t count_;
  Array<T> data_;
};

}  // namespace eigenlens::cuda
