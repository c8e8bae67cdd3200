// SPDX-License-Identifier: Apache-2.0
#include "backend/cpu/gram_accumulator.hpp"

#include <utility>

#include "backend/cpu/gram_float.hpp"
#include "backend/cpu/gram_u8.hpp"
#include "moments/sample_counts.hpp"

namespace eigenlens {
namespace {

class ExactAccumulator final : public GramAccumulator {
 public:
  ExactAccumulator(const DatasetInfo& info, int threads)
      : counts_(info.classes), gram_(info.shape.size(), info.classes, threads, choose_isa()) {}
  void add(const Batch& batch) override {
    gram_.add(static_cast<const std::uint8_t*>(batch.values), batch.labels, batch.count);
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
  FloatAccumulator(const DatasetInfo& info, int threads)
      : counts_(info.classes), gram_(info.shape.size(), info.classes, threads) {}
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

std::unique_ptr<GramAccumulator> make_cpu_gram_accumulator(const DatasetInfo& info, int threads) {
  if (info.scalar == ScalarType::uint8) return std::make_unique<ExactAccumulator>(info, threads);
  return std::make_unique<FloatAccumulator>(info, threads);
}

}  // namespace eigenlens
