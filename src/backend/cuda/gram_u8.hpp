// SPDX-License-Identifier: Apache-2.0
/// \file
/// The exact second moment of bytes on the device: products of x − 128 on integer tensor cores, the shift undone at the
/// end.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "backend/backend.hpp"
#include "backend/cuda/context.hpp"
#include "backend/cuda/integer_gemm.hpp"
#include "backend/cuda/sample_feed.hpp"
#include "eigenlens/dense.hpp"

namespace eigenlens::cuda {

/// The same bits as the CPU's, whatever the batches; the products that a library made are checked by a random
/// projection of the samples themselves. Cost: about b·D² int8 operations, two for a multiply-add of one
/// triangle; b·D bytes across the bus. Memory on the device: device_bytes().
class GramU8 {
 public:
  GramU8(std::shared_ptr<Context> context, std::int64_t dimension, std::int64_t classes, int threads);

  /// batch.scalar is uint8; labels in [0, classes). Values on the host, or on the device and ready.
  void add(const Batch& batch);
  /// Labels in [0, classes) from now on; more than there were.
  void grow(std::int64_t classes);

  struct Result {
    std::vector<std::int64_t> sum;  ///< D
    DenseI64 gram;                  ///< D × D, both triangles
    DenseI64 cross;                 ///< D × C: per-class sums
  };
  /// The sums so far; empty afterwards. Throws Error(device) if the Gram matrix fails its check.
  Result finish();
  /// G (D × D, both triangles) ← the centred Gram matrix of the samples so far over std², on the device; empty
  /// afterwards. No coordinate may be constant. Throws as finish().
  void finish_centred(double std, Matrix& g);

  [[nodiscard]] static std::int64_t device_bytes(std::int64_t dimension, std::int64_t classes);

 private:
  static FeedShape feed_shape(std::int64_t dimension);
  void clear();
  void use(const SampleFeed::Slice& slice);
  void multiply(std::int64_t count);
  void flush();
  void require_right();
  Result completed();

  std::shared_ptr<Context> context_;
  std::int64_t dimension_, classes_;
  std::int64_t padded_;          ///< D, a multiple of 16
  std::int64_t count_ = 0;       ///< samples since the last finish
  std::int64_t in_product_ = 0;  ///< samples in product_, not yet in gram_
  IntegerGemm gemm_;
  SampleFeed feed_;
  Array<std::int8_t> transposed_;  ///< x − 128 of a slice, a column a coordinate
  Array<std::int32_t> product_;    ///< padded_ × padded_, lower triangle
  Array<std::int64_t> gram_;       ///< D × D, lower triangle
  Array<std::int64_t> cross_;      ///< D × C
  // The check of gram_ by (35) of docs/math.md.
  Array<std::uint64_t> weights_;      ///< D: r
  Array<std::uint64_t> projections_;  ///< slice: xᵀ r
  Array<std::uint64_t> expected_;     ///< D: Σ x (xᵀ r)
};

}  // namespace eigenlens::cuda
