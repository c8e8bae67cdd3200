// SPDX-License-Identifier: Apache-2.0
/// \file
/// Large copies between the host's ordinary memory and the device at the speed of the bus.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "backend/cuda/lane.hpp"

namespace eigenlens::cuda {

/// As many threads of at most `threads` as pay to copy so many bytes in the host's memory.
[[nodiscard]] std::int64_t copying_threads(std::int64_t bytes, int threads);

/// The driver copies pageable memory by one thread, which also meets every page that is touched for the first time.
/// Here several threads copy, each through two stages of its own in pinned memory, so that the bus works on one while
/// the thread works on the other; and new pages are asked for as large ones. All copies are work of one stream, in its
/// order; stages that it still reads when a call returns are waited for by the next. One call at a time; others wait.
class StagedCopies {
 public:
  /// Copies of fewer bytes are not worth the threads and the pinned memory.
  static constexpr std::size_t least_bytes = std::size_t{16} << 20;

  /// Stages for `threads` threads, 16 at most, 1 MiB for each. The stream outlives the last copy. Throws Error(memory)
  /// if the stages cannot be had.
  StagedCopies(int device, int threads, const Stream& stream);

  /// The host's memory may change on return.
  void to_device(void* device, const void* host, std::size_t bytes);
  /// Waits for the stream, then copies: the host's memory is complete on return. Pages of it that were never touched
  /// may become large ones.
  void to_host(void* host, const void* device, std::size_t bytes);

 private:
  class Pieces;
  struct Worker {
    std::array<std::byte*, 2> stages;
    std::array<Event, 2> used;  ///< by the device, for the last time
  };
  template <class Work>
  void share(std::size_t bytes, const Work& work);

  int device_;
  const Stream& stream_;
  std::mutex one_;
  Pinned memory_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace eigenlens::cuda
