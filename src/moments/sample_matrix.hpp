// SPDX-License-Identifier: Apache-2.0
/// \file
/// All samples at once, as they came: the dual form needs them once for every structure of masks (docs/math.md,
/// section 8).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "eigenlens/dataset.hpp"
#include "eigenlens/moments.hpp"

namespace eigenlens {

/// N samples of D values in host memory, of the data set's own scalar type, and what they say of each pixel. Memory:
/// count·D·(1, 4 or 8) bytes, 4 a label, 9 a pixel.
class SampleMatrix {
 public:
  /// Room for info.count samples; there may be fewer.
  explicit SampleMatrix(const DatasetInfo& info);

  /// Copies a batch that has been checked. Error(data) for more samples than there is room for.
  void add(const Batch& batch);
  /// Once all are there: the mean of every pixel, and which are constant. Two passes at most. Error(data) if there is
  /// no sample or squares overflow.
  void complete(int threads);

  [[nodiscard]] const DatasetInfo& info() const { return info_; }
  [[nodiscard]] std::int64_t count() const { return static_cast<std::int64_t>(labels_.size()); }  ///< N
  [[nodiscard]] std::int64_t dimension() const { return info_.shape.size(); }                     ///< D
  [[nodiscard]] Arithmetic arithmetic() const {
    return info_.scalar == ScalarType::uint8 ? Arithmetic::exact : Arithmetic::float64;
  }
  [[nodiscard]] const std::vector<std::int32_t>& labels() const { return labels_; }  ///< N
  /// D: 1 where a pixel never changes; of floats, where what is left of it is rounding of its mean.
  [[nodiscard]] const std::vector<std::uint8_t>& constants() const { return constant_; }
  [[nodiscard]] const std::vector<double>& mean() const { return mean_; }  ///< D
  [[nodiscard]] double energy() const { return energy_; }                  ///< Σ (x − mean)² over all that varies

  /// All of them, as one batch.
  [[nodiscard]] Batch all() const { return {info_.scalar, count(), dimension(), 0, values_.get(), labels_.data()}; }

  /// values (P × N, of the scalar type) ← the P pixels of every sample, side by side.
  void gather(std::span<const std::int64_t> pixels, void* values, int threads) const;
  /// values (N × P, of the scalar type) ← every sample's value of a pixel, side by side.
  void gather_transposed(std::span<const std::int64_t> pixels, void* values, int threads) const;

 private:
  template <class Scalar>
  void measure(int threads);
  template <class Scalar>
  [[nodiscard]] const Scalar* sample(std::int64_t n) const {
    return reinterpret_cast<const Scalar*>(values_.get()) + n * dimension();
  }

  DatasetInfo info_;
  std::size_t scalar_bytes_;
  std::unique_ptr<std::byte[]> values_;  ///< D × count column-major, not initialised
  std::vector<std::int32_t> labels_;
  std::vector<double> mean_;
  std::vector<std::uint8_t> constant_;
  double energy_ = 0;
};

}  // namespace eigenlens
