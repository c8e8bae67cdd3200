// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/sample_feed.hpp"

#include <algorithm>
#include <cstring>

#include "backend/cuda/staged_copies.hpp"
#include "host/index.hpp"
#include "host/parallel.hpp"

namespace eigenlens::cuda {
namespace {

void copy_bytes(int threads, std::byte* to, const std::byte* from, std::int64_t bytes) {
  const std::int64_t parts = copying_threads(bytes, threads);
  parallel_for(static_cast<int>(parts), parts, [&](std::int64_t part) {
    const std::int64_t first = bytes * part / parts, last = bytes * (part + 1) / parts;
    std::memcpy(to + first, from + first, at(last - first));
  });
}

void to_device(void* device, const void* pinned, std::int64_t bytes, const Stream& stream) {
  check(cudaMemcpyAsync(device, pinned, at(bytes), cudaMemcpyHostToDevice, stream.get()),
        "cudaMemcpyAsync of a slice to the device");
}

}  // namespace

/// Up to where runs may begin.
std::int64_t SampleFeed::order_bytes(const FeedShape& shape) {
  constexpr auto start = static_cast<std::int64_t>(alignof(kernels::ClassRun));
  return (shape.slice_samples * static_cast<std::int64_t>(sizeof(std::int32_t)) + start - 1) / start * start;
}

/// Room for as many runs as there can be: a class a sample.
std::int64_t SampleFeed::sorted_bytes(const FeedShape& shape) {
  return order_bytes(shape) + shape.slice_samples * static_cast<std::int64_t>(sizeof(kernels::ClassRun));
}

std::int64_t SampleFeed::device_bytes(const FeedShape& shape) {
  return 2 * (shape.slice_samples * shape.sample_bytes + sorted_bytes(shape));
}

SampleFeed::Stage::Stage(Context& context, const FeedShape& shape)
    : values(at(shape.slice_samples * shape.sample_bytes)),
      sorted(at(sorted_bytes(shape))),
      device_values(context.allocate<std::byte>(shape.slice_samples * shape.sample_bytes)),
      device_sorted(context.allocate<std::byte>(sorted_bytes(shape))) {
  used.record(context.main().stream());  // the arrays are there from here on
}

SampleFeed::SampleFeed(std::shared_ptr<Context> context, const FeedShape& shape, std::int64_t classes, int threads)
    : context_(std::move(context)), shape_(shape), classes_(classes), threads_(threads) {
  for (auto& stage : stages_) stage = std::make_unique<Stage>(*context_, shape);
  labels_.reserve(at(shape.slice_samples));
}

SampleFeed::~SampleFeed() {
  const CurrentDevice here(context_->device(), std::nothrow);
  if (!here.reached()) {  // the process ends, or was forked: as in Context's destructor
    for (auto& stage : stages_) static_cast<void>(stage.release());
    static_cast<void>(copy_.release());
    return;
  }
  cudaStreamSynchronize(copy_->get());  // the stages' memory is about to go
  for (auto& stage : stages_) stage.reset();
  copy_.reset();
}

/// To the pinned memory, or from the device's to the device's after the work that used the stage before.
void SampleFeed::copy_values(Stage& stage, std::int64_t staged, const std::byte* from, std::int64_t count) {
  const std::int64_t offset = staged * shape_.sample_bytes, bytes = count * shape_.sample_bytes;
  if (place_ == MemoryPlace::host) {
    copy_bytes(threads_, static_cast<std::byte*>(stage.values.data()) + offset, from, bytes);
    return;
  }
  if (staged == 0) stage.used.hold(*copy_);
  check(cudaMemcpyAsync(stage.device_values.data() + offset, from, at(bytes), cudaMemcpyDefault, copy_->get()),
        "cudaMemcpyAsync of samples on the device");
}

void SampleFeed::add(const Batch& batch, const Use& use) {
  if (batch.place != place_) {
    flush(use);
    place_ = batch.place;
  }
  const auto* from = static_cast<const std::byte*>(batch.values);
  for (std::int64_t done = 0; done < batch.count;) {
    const auto staged = static_cast<std::int64_t>(labels_.size());
    Stage& stage = *stages_[current_];
    if (staged == 0) stage.copied.synchronize();
    const std::int64_t some = std::min(shape_.slice_samples - staged, batch.count - done);
    copy_values(stage, staged, from + done * shape_.sample_bytes, some);
    labels_.insert(labels_.end(), batch.labels + done, batch.labels + done + some);
    done += some;
    if (staged + some == shape_.slice_samples) send(use);
  }
  if (place_ == MemoryPlace::cuda) copy_->synchronize();
}

void SampleFeed::flush(const Use& use) {
  if (!labels_.empty()) send(use);
}

/// Counting sort of labels_ into the stage's pinned memory. Returns the number of runs.
std::int64_t SampleFeed::sort_by_class(Stage& stage) {
  auto* order = static_cast<std::int32_t*>(stage.sorted.data());
  auto* runs = reinterpret_cast<kernels::ClassRun*>(static_cast<std::byte*>(stage.sorted.data()) + order_bytes(shape_));
  std::vector<std::int64_t> next(at(classes_) + 1);
  for (const std::int32_t label : labels_) ++next[at(label) + 1];
  std::int64_t run_count = 0;
  for (std::int64_t c = 0; c < classes_; ++c) {
    const std::int64_t first = next[at(c)], last = next[at(c) + 1] += first;
    for (std::int64_t from = first; from < last; from += shape_.longest_run)
      runs[run_count++] = {.first = from,
                           .count = static_cast<std::int32_t>(std::min(shape_.longest_run, last - from)),
                           .label = static_cast<std::int32_t>(c)};
  }
  for (std::size_t n = 0; n < labels_.size(); ++n) order[next[at(labels_[n])]++] = static_cast<std::int32_t>(n);
  return run_count;
}

void SampleFeed::send(const Use& use) {
  Stage& stage = *stages_[current_];
  const auto count = static_cast<std::int64_t>(labels_.size());
  const std::int64_t run_count = sort_by_class(stage);
  labels_.clear();
  current_ = 1 - current_;
  stage.used.hold(*copy_);
  if (place_ == MemoryPlace::host)
    to_device(stage.device_values.data(), stage.values.data(), count * shape_.sample_bytes, *copy_);
  const std::int64_t sorted = order_bytes(shape_) + run_count * static_cast<std::int64_t>(sizeof(kernels::ClassRun));
  to_device(stage.device_sorted.data(), stage.sorted.data(), sorted, *copy_);
  stage.copied.record(*copy_);
  stage.copied.hold(context_->main().stream());
  use({.values = stage.device_values.data(),
       .order = reinterpret_cast<const std::int32_t*>(stage.device_sorted.data()),
       .runs = reinterpret_cast<const kernels::ClassRun*>(stage.device_sorted.data() + order_bytes(shape_)),
       .count = count,
       .run_count = run_count});
  stage.used.record(context_->main().stream());
}

}  // namespace eigenlens::cuda
