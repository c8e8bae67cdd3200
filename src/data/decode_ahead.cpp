// SPDX-License-Identifier: Apache-2.0
#include "data/decode_ahead.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "eigenlens/error.hpp"

namespace eigenlens {

namespace {
constexpr std::int64_t kSamplesAThread = 4;
}

class DecodeAhead::State {
 public:
  State(const Sizes& sizes, int threads, Decode decode) : sizes_(sizes), decode_(std::move(decode)) {
    const std::int64_t ahead = (kSamplesAThread * threads + sizes_.batch - 1) / sizes_.batch;
    const std::int64_t batches = (sizes_.count + sizes_.batch - 1) / sizes_.batch;
    slots_.resize(static_cast<std::size_t>(std::min(1 + std::max<std::int64_t>(ahead, 1), batches)));
    for (Slot& slot : slots_) {
      slot.samples.resize(static_cast<std::size_t>(sizes_.batch * sizes_.sample_bytes));
      slot.failures.resize(static_cast<std::size_t>(sizes_.batch));
    }
    start(std::min<std::int64_t>(threads, sizes_.count));
  }

  ~State() {
    stop();
    for (std::thread& thread : threads_) thread.join();
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  std::optional<Filled> next() {
    std::unique_lock lock(mutex_);
    if (held_) ++released_;  // the reader is done with the batch before
    held_ = false;
    room_.notify_all();
    const std::int64_t first = released_ * sizes_.batch;
    if (first >= sizes_.count) return std::nullopt;
    Slot& slot = slot_of(released_);
    const std::int64_t count = std::min(sizes_.batch, sizes_.count - first);
    filled_.wait(lock, [&] { return slot.done == count; });
    slot.done = 0;
    held_ = true;
    return Filled{first, count, slot.samples.data(), {slot.failures.data(), static_cast<std::size_t>(count)}};
  }

 private:
  struct Slot {
    std::vector<std::byte> samples;
    std::vector<std::exception_ptr> failures;
    std::int64_t done = 0;
  };

  void start(std::int64_t threads) {
    threads_.reserve(static_cast<std::size_t>(threads));
    try {
      for (std::int64_t t = 0; t < threads; ++t) threads_.emplace_back([this] { work(); });
    } catch (const std::system_error& error) {
      // Those that there are do the work.
      if (threads_.empty())
        throw Error(ErrorCode::unavailable, fmt::format("no thread to decode on: {}", error.what()));
    } catch (const std::bad_alloc&) {
      if (threads_.empty()) throw;
    }
  }

  void stop() {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    room_.notify_all();
  }

  Slot& slot_of(std::int64_t batch) { return slots_[static_cast<std::size_t>(batch) % slots_.size()]; }

  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      room_.wait(lock, [this] { return stop_ || next_ >= sizes_.count || has_room(); });
      if (stop_ || next_ >= sizes_.count) return;
      const std::int64_t index = next_++;
      Slot& slot = slot_of(index / sizes_.batch);
      const std::int64_t row = index % sizes_.batch;
      lock.unlock();
      std::exception_ptr failure;
      try {
        decode_(index, slot.samples.data() + row * sizes_.sample_bytes);
      } catch (...) {
        failure = std::current_exception();
      }
      lock.lock();
      slot.failures[static_cast<std::size_t>(row)] = std::move(failure);
      if (++slot.done == std::min(sizes_.batch, sizes_.count - (index - row))) filled_.notify_all();
    }
  }

  [[nodiscard]] bool has_room() const {
    return next_ / sizes_.batch < released_ + static_cast<std::int64_t>(slots_.size());
  }

  const Sizes sizes_;
  const Decode decode_;
  std::mutex mutex_;
  std::condition_variable room_;    // for threads: a batch was released
  std::condition_variable filled_;  // for the reader: a batch is complete
  std::vector<Slot> slots_;         // batch n lives in slot n modulo their number
  std::int64_t next_ = 0;           // sample
  std::int64_t released_ = 0;       // batches that the reader is done with
  bool held_ = false;               // the reader holds the batch `released_`
  bool stop_ = false;
  std::vector<std::thread> threads_;
};

DecodeAhead::DecodeAhead(const Sizes& sizes, int threads, Decode decode)
    : state_(std::make_unique<State>(sizes, threads, std::move(decode))) {}
DecodeAhead::~DecodeAhead() = default;

std::optional<DecodeAhead::Filled> DecodeAhead::next() { return state_->next(); }

}  // namespace eigenlens
