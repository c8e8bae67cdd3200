// SPDX-License-Identifier: Apache-2.0
#include "backend/cpu/gram_float.hpp"

#include <algorithm>
#include <utility>

#include "host/lapack.hpp"
#include "moments/batch_mean.hpp"
#include "moments/class_columns.hpp"

namespace eigenlens {
namespace {

constexpr std::int64_t slice_bytes = std::int64_t{64} << 20;

}  // namespace

GramFloat::GramFloat(std::int64_t dimension, std::int64_t classes, int threads)
    : dimension_(dimension),
      classes_(classes),
      threads_(std::max(threads, 1)),
      slice_samples_(std::clamp<std::int64_t>(slice_bytes / (8 * dimension), 64, 8192)),
      shift_(static_cast<std::size_t>(dimension)),
      gram_(dimension, dimension),
      cross_(dimension, classes) {}

void GramFloat::add(const Batch& batch) {
  if (batch.count == 0) return;
  if (batch.scalar == ScalarType::float32) {
    add_values(static_cast<const float*>(batch.values), batch.labels, batch.count);
  } else {
    add_values(static_cast<const double*>(batch.values), batch.labels, batch.count);
  }
}

/// Slice by slice: X' = x − s (D × b) and M += X'Yᵀ in one pass, then G += X'X'ᵀ.
template <class Real>
void GramFloat::add_values(const Real* x, const std::int32_t* labels, std::int64_t count) {
  if (!has_shift_) {
    shift_ = batch_mean(x, dimension_, count, threads_);
    has_shift_ = true;
  }
  const std::int64_t largest = std::min(count, slice_samples_);
  if (static_cast<std::int64_t>(slice_.size()) < largest * dimension_)
    slice_.resize(static_cast<std::size_t>(largest * dimension_));
  const lapack::ThreadScope scope(threads_);
  for (std::int64_t done = 0; done < count; done += slice_samples_) {
    const std::int64_t some = std::min(slice_samples_, count - done);
    over_coordinates(threads_, dimension_, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t n = 0; n < some; ++n) {
        const Real* from = x + (done + n) * dimension_;
        double* to = slice_.data() + n * dimension_;
        double* sum = cross_.col(labels[done + n]);
        for (std::int64_t i = first; i < last; ++i) {
          to[i] = static_cast<double>(from[i]) - shift_[static_cast<std::size_t>(i)];
          sum[i] += to[i];
        }
      }
    });
    const auto order = static_cast<lapack::Int>(dimension_);
    const auto samples = static_cast<lapack::Int>(some);
    const double one = 1;
    lapack::table().dsyrk("L", "N", &order, &samples, &one, slice_.data(), &order, &one, gram_.data(), &order);
  }
}

void GramFloat::grow(std::int64_t classes) {
  cross_ = with_classes(cross_, classes);
  classes_ = classes;
}

GramFloat::Result GramFloat::finish() {
  Result result;
  result.shift = std::exchange(shift_, std::vector<double>(static_cast<std::size_t>(dimension_)));
  result.gram = std::exchange(gram_, DenseF64(dimension_, dimension_));
  result.cross = std::exchange(cross_, DenseF64(dimension_, classes_));
  has_shift_ = false;
  result.sum.assign(static_cast<std::size_t>(dimension_), 0);
  for (std::int64_t c = 0; c < classes_; ++c)
    for (std::int64_t i = 0; i < dimension_; ++i) result.sum[static_cast<std::size_t>(i)] += result.cross(i, c);
  constexpr std::int64_t side = 64;  // mirrored square by square
  for (std::int64_t col = 0; col < dimension_; col += side)
    for (std::int64_t row = col; row < dimension_; row += side)
      for (std::int64_t j = col; j < std::min(col + side, dimension_); ++j)
        for (std::int64_t i = std::max(row, j); i < std::min(row + side, dimension_); ++i)
          result.gram(j, i) = result.gram(i, j);
  return result;
}

}  // namespace eigenlens
