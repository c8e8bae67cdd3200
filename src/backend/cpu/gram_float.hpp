// SPDX-License-Identifier: Apache-2.0
/// \file
/// Second moments of float32 and float64 samples, in float64: sums of x − s with s the mean of the first batch.
#pragma once

#include <cstdint>
#include <vector>

#include "eigenlens/dataset.hpp"
#include "eigenlens/dense.hpp"

namespace eigenlens {

/// Cost: b·D² flops of dsyrk, and 8·b·D bytes written to convert. Memory: 16·D·(D + C) bytes and a slice of about 64
/// MiB. The same input in the same batches with the same thread count gives the same bits.
class GramFloat {
 public:
  GramFloat(std::int64_t dimension, std::int64_t classes, int threads);

  /// batch.scalar is float32 or float64; values finite, labels in [0, classes).
  void add(const Batch& batch);

  /// Labels in [0, classes) from now on; more than there were.
  void grow(std::int64_t classes);

  struct Result {
    std::vector<double> shift;  ///< D: s
    std::vector<double> sum;    ///< D: Σ(x − s)
    DenseF64 gram;              ///< D × D: Σ(x − s)(x − s)ᵀ, both triangles
    DenseF64 cross;             ///< D × C: per-class sums of x − s
  };
  /// The sums so far; empty afterwards, and the next batch sets a new shift.
  Result finish();

 private:
  template <class Real>
  void add_values(const Real* x, const std::int32_t* labels, std::int64_t count);

  std::int64_t dimension_;
  std::int64_t classes_;
  int threads_;
  std::int64_t slice_samples_;
  bool has_shift_ = false;
  std::vector<double> shift_;
  std::vector<double> slice_;  ///< D × slice_samples: x − s
  DenseF64 gram_;              ///< lower triangle
  DenseF64 cross_;
};

}  // namespace eigenlens
