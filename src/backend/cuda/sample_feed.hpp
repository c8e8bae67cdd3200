// SPDX-License-Identifier: Apache-2.0
/// \file
/// Samples on their way: those of the host collected into slices in pinned memory, sorted by class, and copied by a
/// stream of their own while the main stream works on the slice before; those of the device copied from there.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "backend/cuda/context.hpp"
#include "eigenlens/dataset.hpp"
#include "kernels/class_sums.hpp"

namespace eigenlens::cuda {

/// What a feed is for.
struct FeedShape {
  std::int64_t sample_bytes = 0;
  std::int64_t slice_samples = 0;  ///< the most at once
  std::int64_t longest_run = 0;    ///< of samples of one class
};

/// Batches of one sample are as good as batches of thousands: a slice is sent when it is full, or where samples of the
/// host and of the device take turns. The host waits only where the copy two slices ago is not done yet, and for copies
/// of samples that were on the device.
class SampleFeed {
 public:
  /// On the device; valid for work that is queued on the main stream by `Use`.
  struct Slice {
    const void* values;         ///< count samples, one after the other
    const std::int32_t* order;  ///< count: the samples class by class, in the order they came
    const kernels::ClassRun* runs;
    std::int64_t count, run_count;
  };
  using Use = std::function<void(const Slice&)>;

  SampleFeed(std::shared_ptr<Context> context, const FeedShape& shape, std::int64_t classes, int threads);
  ~SampleFeed();
  SampleFeed(const SampleFeed&) = delete;
  SampleFeed& operator=(const SampleFeed&) = delete;

  /// Values in the device's memory are ready. The batch's memory may change on return.
  void add(const Batch& batch, const Use& use);
  /// Labels in [0, classes) from now on.
  void grow(std::int64_t classes) { classes_ = classes; }
  /// Sends what is left.
  void flush(const Use& use);

  /// Bytes on the device.
  [[nodiscard]] static std::int64_t device_bytes(const FeedShape& shape);

 private:
  struct Stage {
    Stage(Context& context, const FeedShape& shape);
    Pinned values, sorted;  ///< sorted: order, then runs
    Array<std::byte> device_values, device_sorted;
    Event copied, used;
  };
  [[nodiscard]] static std::int64_t order_bytes(const FeedShape& shape);
  [[nodiscard]] static std::int64_t sorted_bytes(const FeedShape& shape);
  void copy_values(Stage& stage, std::int64_t staged, const std::byte* from, std::int64_t count);
  std::int64_t sort_by_class(Stage& stage);
  void send(const Use& use);

  std::shared_ptr<Context> context_;
  FeedShape shape_;
  std::int64_t classes_;
  int threads_;
  std::unique_ptr<Stream> copy_ = std::make_unique<Stream>();
  std::array<std::unique_ptr<Stage>, 2> stages_;
  std::size_t current_ = 0;
  MemoryPlace place_ = MemoryPlace::host;  ///< where those in the current stage came from
  std::vector<std::int32_t> labels_;       ///< theirs
};

}  // namespace eigenlens::cuda
