// SPDX-License-Identifier: Apache-2.0
/// \file
/// Dense column-major arrays in host memory: the currency between the steps of the flow.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace eigenlens {

/// Column-major rows × cols array in host memory; element (i, j) is data()[i + j·rows].
template <class Scalar>
class Dense {
 public:
  Dense() = default;
  /// Zero-filled rows × cols.
  Dense(std::int64_t rows, std::int64_t cols)
      : rows_(rows), cols_(cols), values_(static_cast<std::size_t>(rows * cols)) {}

  [[nodiscard]] std::int64_t rows() const noexcept { return rows_; }
  [[nodiscard]] std::int64_t cols() const noexcept { return cols_; }
  [[nodiscard]] std::int64_t size() const noexcept { return rows_ * cols_; }
  [[nodiscard]] Scalar* data() noexcept { return values_.data(); }
  [[nodiscard]] const Scalar* data() const noexcept { return values_.data(); }
  [[nodiscard]] Scalar* col(std::int64_t j) noexcept { return values_.data() + j * rows_; }
  [[nodiscard]] const Scalar* col(std::int64_t j) const noexcept { return values_.data() + j * rows_; }
  Scalar& operator()(std::int64_t i, std::int64_t j) noexcept {
    return values_[static_cast<std::size_t>(i + j * rows_)];
  }
  const Scalar& operator()(std::int64_t i, std::int64_t j) const noexcept {
    return values_[static_cast<std::size_t>(i + j * rows_)];
  }
  bool operator==(const Dense&) const = default;

 private:
  std::int64_t rows_ = 0;
  std::int64_t cols_ = 0;
  std::vector<Scalar> values_;
};

using DenseF64 = Dense<double>;
using DenseI64 = Dense<std::int64_t>;

}  // namespace eigenlens
