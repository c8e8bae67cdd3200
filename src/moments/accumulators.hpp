// SPDX-License-Identifier: Apache-2.0
/// \file
/// Sums over samples, counted: what every backend's accumulator is around its own products.
#pragma once

#include <cstdint>
#include <utility>

#include "backend/backend.hpp"
#include "moments/sample_counts.hpp"

namespace eigenlens {

/// Integer sums of bytes. Gram has add(batch), grow(classes) and finish(), which gives {sum, gram, cross} and empties
/// it.
template <class Gram>
class ExactAccumulator final : public GramAccumulator {
 public:
  /// arguments: of Gram's constructor.
  template <class... Arguments>
  explicit ExactAccumulator(std::int64_t classes, Arguments&&... arguments)
      : counts_(classes), gram_(std::forward<Arguments>(arguments)...) {}
  void add(const Batch& batch) override {
    gram_.add(batch);
    counts_.add(batch);
  }
  void grow(std::int64_t classes) override {
    gram_.grow(classes);
    counts_.grow(classes);
  }
  void finish(Moments& moments) override {
    auto result = gram_.finish();
    moments.arithmetic = Arithmetic::exact;
    counts_.finish(moments);
    moments.sum = std::move(result.sum);
    moments.gram = std::move(result.gram);
    moments.cross = std::move(result.cross);
  }

 private:
  SampleCounts counts_;
  Gram gram_;
};

/// Float64 sums of x − shift. Gram has add(batch), grow(classes) and finish(), which gives {shift, sum, gram, cross}
/// and empties it.
template <class Gram>
class FloatAccumulator final : public GramAccumulator {
 public:
  /// arguments: of Gram's constructor.
  template <class... Arguments>
  explicit FloatAccumulator(std::int64_t classes, Arguments&&... arguments)
      : counts_(classes), gram_(std::forward<Arguments>(arguments)...) {}
  void add(const Batch& batch) override {
    gram_.add(batch);
    counts_.add(batch);
  }
  void grow(std::int64_t classes) override {
    gram_.grow(classes);
    counts_.grow(classes);
  }
  void finish(Moments& moments) override {
    auto result = gram_.finish();
    moments.arithmetic = Arithmetic::float64;
    counts_.finish(moments);
    moments.shift = std::move(result.shift);
    moments.sum_f64 = std::move(result.sum);
    moments.gram_f64 = std::move(result.gram);
    moments.cross_f64 = std::move(result.cross);
  }

 private:
  SampleCounts counts_;
  Gram gram_;
};

}  // namespace eigenlens
