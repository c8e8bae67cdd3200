// SPDX-License-Identifier: Apache-2.0
/// \file
/// Second moments of float32 and float64 samples on the device, in float64: sums of x − s with s the mean of the first
/// batch, or of its first slice where it is on the device.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "backend/cuda/context.hpp"
#include "backend/cuda/sample_feed.hpp"
#include "eigenlens/dense.hpp"

namespace eigenlens::cuda {

/// Cost: b·D² float64 flops of a triangle. The same samples with the same first batch give the same bits; the shift and
/// the class sums are the CPU's, bit by bit. Memory on the device: device_bytes().
class GramFloat {
 public:
  /// scalar: float32 or float64.
  GramFloat(std::shared_ptr<Context> context, ScalarType scalar, std::int64_t dimension, std::int64_t classes,
            int threads);

  /// batch.scalar is that of the constructor; values finite, labels in [0, classes). Values on the host, or
  /// on the device and ready.
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

  [[nodiscard]] static std::int64_t device_bytes(ScalarType scalar, std::int64_t dimension, std::int64_t classes);

 private:
  static FeedShape feed_shape(ScalarType scalar, std::int64_t dimension);
  template <class Real>
  std::vector<double> mean_of(const Batch& batch);
  void set_shift(const Batch& batch);
  void clear();
  void use(const SampleFeed::Slice& slice);
  void multiply(std::int64_t count);

  std::shared_ptr<Context> context_;
  ScalarType scalar_;
  std::int64_t dimension_, classes_;
  int threads_;
  SampleFeed feed_;
  std::vector<double> shift_;  ///< empty before the first batch
  Array<double> device_shift_;
  Array<double> slice_;  ///< D × slice: x − s
  Array<double> gram_;   ///< D × D, lower triangle
  Array<double> cross_;  ///< D × C
};

}  // namespace eigenlens::cuda
