// SPDX-License-Identifier: Apache-2.0
#include "device/samples.hpp"

#include <algorithm>

#include "eigenlens/error.hpp"

namespace eigenlens::bench {

Samples read_samples(const std::string& path, std::int64_t most) {
  const auto dataset = open_dataset(path);
  Samples samples{dataset->info(), {}, {}};
  if (samples.info.scalar != ScalarType::uint8) throw Error(ErrorCode::usage, "this is measured on bytes");
  if (most > 0) samples.info.count = std::min(samples.info.count, most);
  samples.values.reserve(static_cast<std::size_t>(samples.info.count * samples.info.shape.size()));
  while (const auto batch = dataset->next()) {
    const std::int64_t count =
        std::min(batch->count, samples.info.count - static_cast<std::int64_t>(samples.labels.size()));
    if (count <= 0) break;
    const auto* values = static_cast<const std::uint8_t*>(batch->values);
    samples.values.insert(samples.values.end(), values, values + count * batch->dimension);
    samples.labels.insert(samples.labels.end(), batch->labels, batch->labels + count);
  }
  return samples;
}

std::optional<Batch> SamplesInMemory::next() {
  const std::int64_t d = samples_.info.shape.size();
  const std::int64_t step = std::max<std::int64_t>(1, (std::int64_t{8} << 20) / d);
  if (done_ == samples_.info.count) return std::nullopt;
  Batch batch;
  batch.count = std::min(step, samples_.info.count - done_);
  batch.dimension = d;
  batch.first = done_;
  batch.values = samples_.values.data() + done_ * d;
  batch.labels = samples_.labels.data() + done_;
  done_ += batch.count;
  return batch;
}

}  // namespace eigenlens::bench
