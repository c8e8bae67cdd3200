// SPDX-License-Identifier: Apache-2.0
/// \file
/// One device and its lanes. All that a backend queues keeps its order, as on one stream: lane 0 is that stream; the
/// others start after what it has queued, and it goes on after them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "backend/cuda/check.hpp"
#include "backend/cuda/current_device.hpp"
#include "backend/cuda/lane.hpp"
#include "backend/cuda/staged_copies.hpp"

namespace eigenlens::cuda {

/// `count` elements on the device. The memory goes back in the order of the main stream, so a verb may drop an array
/// that it has just queued work on.
template <class T>
class Array {
 public:
  Array() = default;
  Array(std::shared_ptr<void> memory, std::int64_t count) : memory_(std::move(memory)), count_(count) {}
  [[nodiscard]] T* data() const noexcept { return static_cast<T*>(memory_.get()); }
  [[nodiscard]] std::int64_t size() const noexcept { return count_; }

 private:
  std::shared_ptr<void> memory_;
  std::int64_t count_ = 0;
};

class Context : public std::enable_shared_from_this<Context> {
 public:
  /// threads: of the host, for large copies. Throws Error(unavailable) if there is no such device or it has no memory
  /// pools, Error(device) if it does not answer.
  Context(int device, int threads);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  [[nodiscard]] int device() const noexcept { return device_; }
  [[nodiscard]] const cudaDeviceProp& properties() const noexcept { return properties_; }
  /// The calling thread's CUDA calls go to this device while the result lives. So begins every verb that calls CUDA by
  /// itself, and every thread; the functions below begin so too.
  [[nodiscard]] CurrentDevice activate() const { return CurrentDevice(device_); }

  /// Lane 0: where everything is queued that is not a batch.
  [[nodiscard]] Lane& main() noexcept { return *lanes_.front(); }

  /// Calls body(lane, l) for l = 0 … count − 1 on this thread, on up to most_lanes lanes in turn; what they queue there
  /// runs side by side. Device memory that they use must have been allocated before.
  void for_lanes(std::size_t count, const std::function<void(Lane&, std::size_t)>& body);
  /// The same with a thread of the host for every stream, for calls that make the host wait (eigensolvers). Returns
  /// when all bodies have; the first exception is rethrown.
  void for_lane_threads(std::size_t count, const std::function<void(Lane&, std::size_t)>& body);

  /// Not initialised. Throws Error(memory) with what was asked and what was free.
  template <class T>
  [[nodiscard]] Array<T> allocate(std::int64_t count) {
    return {allocate_bytes(static_cast<std::size_t>(count) * sizeof(T)), count};
  }
  /// A copy of host data, in the order of the main stream; waits for it: the host data may change on return.
  template <class T>
  [[nodiscard]] Array<T> uploaded(std::span<const T> host) {
    Array<T> array = allocate<T>(static_cast<std::int64_t>(host.size()));
    copy_to_device(array.data(), host.data(), host.size_bytes());
    return array;
  }
  /// What `array` holds, and zeros behind it, in the order of the main stream; `count` is not less than before.
  template <class T>
  [[nodiscard]] Array<T> widened(const Array<T>& array, std::int64_t count) {
    Array<T> wider = allocate<T>(count);
    copy_and_clear(wider.data(), array.data(), static_cast<std::size_t>(array.size()) * sizeof(T),
                   static_cast<std::size_t>(count) * sizeof(T));
    return wider;
  }
  /// Waits for all that is queued, then copies: the host data are complete on return.
  template <class T>
  void download(const T* device, std::int64_t count, T* host) {
    copy_to_host(host, device, static_cast<std::size_t>(count) * sizeof(T));
  }

  std::shared_ptr<void> allocate_bytes(std::size_t bytes);
  /// As `uploaded` and `download`. Large copies go through pinned memory, by several threads of the host; where none
  /// can be had, and small ones, by the driver.
  void copy_to_device(void* device, const void* host, std::size_t bytes);
  /// The first `bytes` of `to` ← `from`, both on the device; those up to `total` are zeroed.
  void copy_and_clear(void* to, const void* from, std::size_t bytes, std::size_t total);
  /// As `copy_to_device`, the other way.
  void copy_to_host(void* host, const void* device, std::size_t bytes);
  /// Bytes that can be had now.
  [[nodiscard]] std::int64_t free_memory();

 private:
  void make_lanes(std::size_t count);
  /// For a copy of so many bytes: pinned for the first that is large enough, null for smaller ones and where pinning
  /// failed.
  [[nodiscard]] StagedCopies* stages(std::size_t bytes);
  /// Starts as many lanes as `count` bodies use; returns how many.
  std::size_t fork(std::size_t count);
  void join(std::size_t count);

  int device_;
  int threads_;
  cudaDeviceProp properties_{};
  std::unique_ptr<Pool> pool_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::unique_ptr<Event> fork_;
  std::vector<std::unique_ptr<Event>> joins_;
  std::once_flag pinned_;
  std::unique_ptr<StagedCopies> stages_;
};

}  // namespace eigenlens::cuda
