// SPDX-License-Identifier: Apache-2.0
#include "sweep/band_accuracy.hpp"

#include <algorithm>
#include <mutex>

#include "host/index.hpp"
#include "host/parallel.hpp"

namespace eigenlens {

namespace {

constexpr std::int64_t kBlock = 64;  // samples that a thread takes at a time

/// Predictions of one sample, walking through the directions.
class Walk {
 public:
  Walk(const DenseF64& targets, const std::vector<double>& priors, const double* feature, std::int32_t label)
      : targets_(targets), logits_(priors), feature_(feature), label_(label) {}

  void add(std::int64_t k) {
    const double* t = targets_.col(k);
    const double q = feature_[k];
    for (std::size_t c = 0; c < logits_.size(); ++c) logits_[c] += q * t[c];
  }
  [[nodiscard]] bool correct() const {
    const double* label = logits_.data() + label_;
    const auto end = logits_.data() + logits_.size();
    return std::all_of(logits_.data(), label, [label](double other) { return other < *label; }) &&
           std::all_of(label, end, [label](double other) { return other <= *label; });
  }

 private:
  const DenseF64& targets_;
  std::vector<double> logits_;
  const double* feature_;
  std::int32_t label_;
};

void count_sample(const DenseF64& targets, const std::vector<double>& priors, const double* feature, std::int32_t label,
                  BandCounts& counts) {
  const std::int64_t rank = targets.cols();
  Walk top(targets, priors, feature, label), bottom(targets, priors, feature, label);
  counts.top[0] += top.correct() ? 1 : 0;
  counts.bottom[at(rank)] += bottom.correct() ? 1 : 0;
  for (std::int64_t k = 0; k < rank; ++k) {
    top.add(k);
    counts.top[at(k + 1)] += top.correct() ? 1 : 0;
    bottom.add(rank - 1 - k);
    counts.bottom[at(rank - 1 - k)] += bottom.correct() ? 1 : 0;
  }
  ++counts.samples;
}

BandCounts zeros(std::int64_t rank) {
  BandCounts counts;
  counts.top.resize(at(rank + 1));
  counts.bottom.resize(at(rank + 1));
  return counts;
}

void add(const BandCounts& some, BandCounts& all) {
  for (std::size_t k = 0; k < some.top.size(); ++k) {
    all.top[k] += some.top[k];
    all.bottom[k] += some.bottom[k];
  }
  all.samples += some.samples;
}

}  // namespace

void count_correct(const DenseF64& features, const DenseF64& targets, const std::vector<double>& priors,
                   const std::int32_t* labels, int threads, BandCounts& counts) {
  if (counts.top.empty()) counts = zeros(targets.cols());
  std::mutex mutex;
  const std::int64_t blocks = (features.cols() + kBlock - 1) / kBlock;
  parallel_for(threads, blocks, [&](std::int64_t block) {
    BandCounts mine = zeros(targets.cols());
    const std::int64_t end = std::min(features.cols(), (block + 1) * kBlock);
    for (std::int64_t i = block * kBlock; i < end; ++i) count_sample(targets, priors, features.col(i), labels[i], mine);
    const std::lock_guard lock(mutex);
    add(mine, counts);
  });
}

}  // namespace eigenlens
