// SPDX-License-Identifier: Apache-2.0
/// \file
/// Dense column-major arrays in host memory: the currency between the steps of the flow.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <type_traits>
#include <vector>

namespace eigenlens {

/// Memory for numbers that the system hands out zeroed. A large piece is pages that are not there before they are
/// touched: to make it costs nothing, and the threads that write it first share what its pages cost. The allocator of a
/// vector that never grows: elements made without a value are taken for zero, which they are in a fresh piece alone.
template <class Scalar>
struct ZeroedPages {
  static_assert(std::is_arithmetic_v<Scalar>, "a number whose bytes are all 0 is 0");
  using value_type = Scalar;

  ZeroedPages() = default;
  template <class Other>
  ZeroedPages(const ZeroedPages<Other>&) noexcept {}

  /// Throws std::bad_alloc.
  [[nodiscard]] Scalar* allocate(std::size_t count) {
    void* memory = std::calloc(count, sizeof(Scalar));
    if (!memory) throw std::bad_alloc();
    return static_cast<Scalar*>(memory);
  }
  void deallocate(Scalar* memory, std::size_t) noexcept { std::free(memory); }
  /// What is made without a value is there already.
  void construct(Scalar*) noexcept {}
  template <class... Value>
  void construct(Scalar* element, Value&&... value) {
    ::new (static_cast<void*>(element)) Scalar(static_cast<Value&&>(value)...);
  }
  bool operator==(const ZeroedPages&) const = default;
};

/// Column-major rows × cols array in host memory; element (i, j) is data()[i + j·rows].
template <class Scalar>
class Dense {
 public:
  Dense() = default;
  /// Zero-filled rows × cols. Throws std::bad_alloc, or std::length_error for more than any machine has.
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
  std::vector<Scalar, ZeroedPages<Scalar>> values_;
};

using DenseF64 = Dense<double>;
using DenseI64 = Dense<std::int64_t>;

}  // namespace eigenlens
