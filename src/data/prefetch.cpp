// SPDX-License-Identifier: Apache-2.0
/// \file
/// One batch ahead: a thread reads and copies into the slot that the caller does not hold.
///
/// A batch's memory lives until its data set's next(), so the thread copies it (memory speed, beside the caller's work)
/// instead of asking every data set for two buffers.
#include <condition_variable>
#include <cstring>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include "data/batch_place.hpp"
#include "data/sample_dataset.hpp"
#include "eigenlens/dataset.hpp"
#include "eigenlens/error.hpp"

namespace eigenlens {

namespace {

class PrefetchDataset final : public Dataset {
 public:
  explicit PrefetchDataset(std::unique_ptr<Dataset> inner)
      : inner_(std::move(inner)), info_(inner_->info()), reader_([this] { run(); }) {}

  ~PrefetchDataset() override {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    changed_.notify_all();
    reader_.join();  // at most one batch is still being read
  }
  PrefetchDataset(const PrefetchDataset&) = delete;
  PrefetchDataset& operator=(const PrefetchDataset&) = delete;

  [[nodiscard]] const DatasetInfo& info() const override { return info_; }

  std::optional<Batch> next() override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return ready_ || finished_; });
    if (!ready_) {
      if (failure_) std::rethrow_exception(failure_);
      return std::nullopt;
    }
    const Batch batch = slots_[filling_].batch;
    filling_ = 1 - filling_;  // the caller holds one slot, the thread fills the other
    ready_ = false;
    lock.unlock();
    changed_.notify_all();
    return batch;
  }

  [[nodiscard]] std::vector<SkippedFile> skipped() const override {
    const std::lock_guard lock(mutex_);
    return finished_ ? inner_->skipped() : std::vector<SkippedFile>{};  // else the thread is in there
  }

 private:
  struct Slot {
    std::vector<std::byte> values;
    std::vector<std::int32_t> labels;
    Batch batch;

    void copy(const Batch& from) {
      const auto bytes = static_cast<std::size_t>(from.count * from.dimension * bytes_of(from.scalar));
      const auto* source = static_cast<const std::byte*>(from.values);
      values.assign(source, source + bytes);
      labels.assign(from.labels, from.labels + from.count);
      batch = from;
      batch.values = values.data();
      batch.labels = labels.data();
    }
  };

  void run() {
    std::exception_ptr failure;
    try {
      while (const std::optional<Batch> batch = inner_->next()) {
        require_host_memory(*batch, info_.source.empty() ? info_.name : info_.source);
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return !ready_ || stop_; });
        if (stop_) return;
        Slot& slot = slots_[filling_];
        lock.unlock();
        slot.copy(*batch);
        lock.lock();
        ready_ = true;
        lock.unlock();
        changed_.notify_all();
      }
    } catch (...) {
      failure = std::current_exception();
    }
    const std::lock_guard lock(mutex_);
    failure_ = failure;
    finished_ = true;
    changed_.notify_all();
  }

  std::unique_ptr<Dataset> inner_;
  DatasetInfo info_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Slot slots_[2];
  int filling_ = 0;
  bool ready_ = false;  // slots_[filling_] is full and nobody has taken it
  bool finished_ = false;
  bool stop_ = false;
  std::exception_ptr failure_;
  std::thread reader_;  // last: it starts when all else is there
};

}  // namespace

std::unique_ptr<Dataset> prefetch(std::unique_ptr<Dataset> inner) {
  if (!inner) throw Error(ErrorCode::usage, "prefetch of no data set: expected one");
  return std::make_unique<PrefetchDataset>(std::move(inner));
}

}  // namespace eigenlens
