// SPDX-License-Identifier: Apache-2.0
/// \file
/// Samples made by many threads ahead of one reader who takes them in order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <span>

namespace eigenlens {

/// Threads take the next sample as they become free and write it to its place in one of a few batches: the one that the
/// reader holds, and as many ahead of it as keep the threads busy (at least one; at least four samples a thread).
/// Memory: that many batches. What is delivered does not depend on the number of threads.
class DecodeAhead {
 public:
  /// Writes sample `index`; called from several threads at once.
  using Decode = std::function<void(std::int64_t index, std::byte* sample)>;

  struct Filled {
    std::int64_t first = 0;
    std::int64_t count = 0;
    std::byte* samples = nullptr;                  ///< the reader may write here, until its next call
    std::span<const std::exception_ptr> failures;  ///< one a sample; empty where it is good
  };

  struct Sizes {
    std::int64_t count = 0;         ///< samples in all
    std::int64_t batch = 1;         ///< samples a batch
    std::int64_t sample_bytes = 0;  ///< bytes a sample
  };

  /// The threads start here. Throws Error(unavailable) if the system gives none; with fewer than asked for it is
  /// slower.
  DecodeAhead(const Sizes& sizes, int threads, Decode decode);
  /// Waits for the samples being decoded, at most one a thread.
  ~DecodeAhead();

  /// The next batch, or nothing at the end.
  std::optional<Filled> next();

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace eigenlens
