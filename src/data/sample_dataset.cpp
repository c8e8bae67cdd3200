// SPDX-License-Identifier: Apache-2.0
#include "data/sample_dataset.hpp"

#include <algorithm>
#include <utility>

namespace eigenlens {

namespace {
constexpr std::int64_t kBatchBytes = std::int64_t{8} << 20;
}

std::int64_t bytes_of(ScalarType scalar) {
  switch (scalar) {
    case ScalarType::float32:
      return 4;
    case ScalarType::float64:
      return 8;
    case ScalarType::uint8:
      break;
  }
  return 1;
}

std::int64_t batch_size(const DatasetInfo& info, std::int64_t batch) {
  const std::int64_t row_bytes = info.shape.size() * bytes_of(info.scalar);
  if (batch == 0) batch = std::max<std::int64_t>(1, kBatchBytes / row_bytes);
  return std::min(batch, info.count);
}

SampleDataset::SampleDataset(DatasetInfo info, std::int64_t batch)
    : info_(std::move(info)), batch_(batch_size(info_, batch)) {}

std::optional<Batch> SampleDataset::next() {
  if (failure_) std::rethrow_exception(failure_);
  const std::int64_t count = std::min(batch_, info_.count - next_);
  if (count == 0) return std::nullopt;
  try {
    values_.resize(static_cast<std::size_t>(batch_ * info_.shape.size() * bytes_of(info_.scalar)));
    labels_.resize(static_cast<std::size_t>(batch_));
    read(next_, count, values_.data(), labels_.data());
  } catch (...) {
    failure_ = std::current_exception();
    throw;
  }
  const Batch batch{.scalar = info_.scalar,
                    .count = count,
                    .dimension = info_.shape.size(),
                    .first = next_,
                    .values = values_.data(),
                    .labels = labels_.data()};
  next_ += count;
  return batch;
}

}  // namespace eigenlens
