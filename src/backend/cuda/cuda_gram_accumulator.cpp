// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/cuda_gram_accumulator.hpp"

#include <utility>

#include "backend/cuda/gram_float.hpp"
#include "backend/cuda/gram_u8.hpp"
#include "moments/sample_counts.hpp"

namespace eigenlens::cuda {
namespace {

class ExactAccumulator final : public GramAccumulator {
 public:
  ExactAccumulator(std::shared_ptr<Context> context, const DatasetInfo& info, int threads)
      : counts_(info.classes), gram_(std::move(context), info.shape.size(), info.classes, threads) {}
  void add(const Batch& batch) override {
    gram_.add(batch);
    counts_.add(batch);
  }
  void finish(Moments& moments) override {
    GramU8::Result result = gram_.finish();
    moments.arithmetic = Arithmetic::exact;
    counts_.finish(moments);
    moments.sum = std::move(result.sum);
    moments.gram = std::move(result.gram);
    moments.cross = std::move(result.cross);
  }

 private:
  SampleCounts counts_;
  GramU8 gram_;
};

class FloatAccumulator final : public GramAccumulator {
 public:
  FloatAccumulator(std::shared_ptr<Context> context, const DatasetInfo& info, int threads)
      : counts_(info.classes), gram_(std::move(context), info.scalar, info.shape.size(), info.classes, threads) {}
  void add(const Batch& batch) override {
    gram_.add(batch);
    counts_.add(batch);
  }
  void finish(Moments& moments) override {
    GramFloat::Result result = gram_.finish();
    moments.arithmetic = Arithmetic::float64;
    counts_.finish(moments);
    moments.shift = std::move(result.shift);
    moments.sum_f64 = std::move(result.sum);
    moments.gram_f64 = std::move(result.gram);
    moments.cross_f64 = std::move(result.cross);
  }

 private:
  SampleCounts counts_;
  GramFloat gram_;
};

}  // namespace

std::unique_ptr<GramAccumulator> make_gram_accumulator(std::shared_ptr<Context> context, const DatasetInfo& info,
                                                       int threads) {
  context->activate();
  if (info.scalar == ScalarType::uint8) return std::make_unique<ExactAccumulator>(std::move(context), info, threads);
  return std::make_unique<FloatAccumulator>(std::move(context), info, threads);
}

std::int64_t gram_device_bytes(ScalarType scalar, std::int64_t dimension, std::int64_t classes) {
  if (scalar == ScalarType::uint8) return GramU8::device_bytes(dimension, classes);
  return GramFloat::device_bytes(scalar, dimension, classes);
}

}  // namespace eigenlens::cuda
