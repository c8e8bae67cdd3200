// SPDX-License-Identifier: Apache-2.0
#include "support/memory_dataset.hpp"

#include <algorithm>
#include <cstring>

namespace eigenlens::test {
namespace {

template <class Scalar>
std::vector<std::byte> stored(const Samples& samples) {
  const std::vector<Scalar> values(samples.values.data(), samples.values.data() + samples.values.size());
  std::vector<std::byte> bytes(values.size() * sizeof(Scalar));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

}  // namespace

MemoryDataset::MemoryDataset(const Samples& samples, ScalarType scalar, std::int64_t batch)
    : labels_(samples.labels), batch_(batch) {
  info_.name = "explicit samples";
  info_.source = "memory";
  info_.scalar = scalar;
  info_.shape = samples.shape;
  info_.count = samples.count();
  info_.classes = samples.classes;
  values_ = scalar == ScalarType::uint8     ? stored<std::uint8_t>(samples)
            : scalar == ScalarType::float32 ? stored<float>(samples)
                                            : stored<double>(samples);
}

std::optional<Batch> MemoryDataset::next() {
  const auto total = static_cast<std::int64_t>(labels_.size());
  if (done_ == total) return std::nullopt;
  const std::size_t sample_bytes = values_.size() / labels_.size();
  Batch batch;
  batch.scalar = info_.scalar;
  batch.count = std::min(batch_, total - done_);
  batch.dimension = info_.shape.size();
  batch.first = done_;
  batch.values = values_.data() + static_cast<std::size_t>(done_) * sample_bytes;
  batch.labels = labels_.data() + done_;
  done_ += batch.count;
  return batch;
}

std::vector<Pretext> parse_all(const std::vector<std::string>& specifications) {
  std::vector<Pretext> pretexts;
  for (const std::string& specification : specifications) {
    for (const Pretext& pretext : parse_pretext(specification)) pretexts.push_back(pretext);
  }
  return pretexts;
}

DualMoments engine_dual_moments(const Samples& samples, const std::vector<Pretext>& pretexts, ScalarType scalar,
                                std::int64_t batch, const Device& device) {
  MemoryDataset dataset(samples, scalar, batch);
  return accumulate_dual(dataset, pretexts, device);
}

}  // namespace eigenlens::test
