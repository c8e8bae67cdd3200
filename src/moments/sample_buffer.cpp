// SPDX-License-Identifier: Apache-2.0
#include "moments/sample_buffer.hpp"

#include <cstring>

#include "data/scalar_size.hpp"

namespace eigenlens {
namespace {

std::size_t bytes_of(const Batch& batch) {
  return static_cast<std::size_t>(batch.count * batch.dimension) * scalar_size(batch.scalar);
}

}  // namespace

bool SampleBuffer::is_small(const Batch& batch) {
  return batch.place == MemoryPlace::host && bytes_of(batch) < capacity / 2;
}

bool SampleBuffer::takes(const Batch& batch) const { return bytes_of(batch) <= capacity - used_; }

void SampleBuffer::add(const Batch& batch) {
  if (batch.count == 0) return;
  if (!values_) values_ = std::make_unique_for_overwrite<std::byte[]>(capacity);
  labels_.insert(labels_.end(), batch.labels, batch.labels + batch.count);
  if (used_ == 0) first_ = batch;
  std::memcpy(values_.get() + used_, batch.values, bytes_of(batch));
  used_ += bytes_of(batch);
}

Batch SampleBuffer::batch() const {
  Batch batch = first_;
  batch.count = static_cast<std::int64_t>(labels_.size());
  batch.values = values_.get();
  batch.labels = labels_.data();
  return batch;
}

void SampleBuffer::clear() {
  used_ = 0;
  labels_.clear();
}

}  // namespace eigenlens
