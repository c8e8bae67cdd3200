// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/staged_copies.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cstring>

#include "backend/cuda/check.hpp"
#include "backend/cuda/current_device.hpp"
#include "host/index.hpp"
#include "host/parallel.hpp"

namespace eigenlens::cuda {
namespace {

/// Bytes below which another thread costs more than it copies.
constexpr std::int64_t worth_a_thread = std::int64_t{2} << 20;
constexpr int most_workers = 16;
constexpr std::size_t stage_bytes = std::size_t{512} << 10;
/// What one thread does after the other: a large page, so that no two threads meet at one that has to be made.
constexpr std::size_t block_bytes = std::size_t{2} << 20;
constexpr std::size_t page_bytes = 4096;

int worker_count(int threads) { return std::clamp(threads, 1, most_workers); }

/// Before pages are touched for the first time: one fault for 2 MiB instead of 512. A wish, which a system may ignore.
void ask_for_large_pages(void* memory, std::size_t bytes) {
  const auto begin = reinterpret_cast<std::uintptr_t>(memory);
  const std::uintptr_t first = (begin + page_bytes - 1) / page_bytes * page_bytes;
  const std::uintptr_t last = (begin + bytes) / page_bytes * page_bytes;
  if (first < last) madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
}

}  // namespace

std::int64_t copying_threads(std::int64_t bytes, int threads) {
  return std::clamp<std::int64_t>(bytes / worth_a_thread, 1, std::max(threads, 1));
}

/// Cuts a copy into blocks that begin at large pages of the host and go to whichever thread is free, and those into
/// pieces that fill a stage.
class StagedCopies::Pieces {
 public:
  struct Piece {
    std::size_t offset = 0, bytes = 0;
  };

  Pieces(const void* host, std::size_t bytes)
      : bytes_(bytes), lead_(reinterpret_cast<std::uintptr_t>(host) % block_bytes) {}

  /// What comes after `piece` in its block, or first in another; no bytes at the end. Piece() is before all.
  Piece after(const Piece& piece) {
    const std::size_t begin = piece.offset + piece.bytes;
    if (piece.bytes > 0 && begin < bytes_ && (begin + lead_) % block_bytes != 0) return cut(begin);
    const std::size_t block = next_++, start = block * block_bytes;
    if (start >= bytes_ + lead_) return {};
    return cut(std::max(start, lead_) - lead_);
  }

 private:
  [[nodiscard]] Piece cut(std::size_t begin) const {
    const std::size_t block_end = ((begin + lead_) / block_bytes + 1) * block_bytes - lead_;
    return {begin, std::min({stage_bytes, block_end - begin, bytes_ - begin})};
  }

  std::size_t bytes_, lead_;  ///< lead: of the first block, before the host's memory begins
  std::atomic<std::size_t> next_{0};
};

StagedCopies::StagedCopies(int device, int threads, const Stream& stream)
    : device_(device), stream_(stream), memory_(at(worker_count(threads)) * 2 * stage_bytes) {
  auto* stage = static_cast<std::byte*>(memory_.data());
  for (int w = 0; w < worker_count(threads); ++w, stage += 2 * stage_bytes) {
    workers_.push_back(std::make_unique<Worker>());
    workers_.back()->stages = {stage, stage + stage_bytes};
  }
}

/// work(worker) on as many threads as pay. Where one fails, what the others have queued is waited for.
template <class Work>
void StagedCopies::share(std::size_t bytes, const Work& work) {
  const std::int64_t count = copying_threads(static_cast<std::int64_t>(bytes), static_cast<int>(workers_.size()));
  try {
    parallel_for(static_cast<int>(count), count, [&](std::int64_t w) {
      const CurrentDevice here(device_);
      work(*workers_[at(w)]);
    });
  } catch (...) {
    cudaStreamSynchronize(stream_.get());
    throw;
  }
}

void StagedCopies::to_device(void* device, const void* host, std::size_t bytes) {
  const std::lock_guard lock(one_);
  Pieces pieces(host, bytes);
  share(bytes, [&](Worker& worker) {
    std::size_t s = 0;
    for (auto piece = pieces.after({}); piece.bytes > 0; piece = pieces.after(piece), s = 1 - s) {
      worker.used[s].synchronize();
      std::memcpy(worker.stages[s], static_cast<const std::byte*>(host) + piece.offset, piece.bytes);
      check(cudaMemcpyAsync(static_cast<std::byte*>(device) + piece.offset, worker.stages[s], piece.bytes,
                            cudaMemcpyHostToDevice, stream_.get()),
            "cudaMemcpyAsync of a piece to the device");
      worker.used[s].record(stream_);
    }
  });
}

void StagedCopies::to_host(void* host, const void* device, std::size_t bytes) {
  const std::lock_guard lock(one_);
  stream_.synchronize();  // one thread waits, not all of them
  ask_for_large_pages(host, bytes);
  Pieces pieces(host, bytes);
  share(bytes, [&](Worker& worker) {
    std::array<Pieces::Piece, 2> under_way;
    const auto take_out = [&](std::size_t s) {
      if (under_way[s].bytes == 0) return;
      worker.used[s].synchronize();
      std::memcpy(static_cast<std::byte*>(host) + under_way[s].offset, worker.stages[s], under_way[s].bytes);
      under_way[s] = {};
    };
    std::size_t s = 0;
    for (auto piece = pieces.after({}); piece.bytes > 0; piece = pieces.after(piece), s = 1 - s) {
      take_out(s);
      check(cudaMemcpyAsync(worker.stages[s], static_cast<const std::byte*>(device) + piece.offset, piece.bytes,
                            cudaMemcpyDeviceToHost, stream_.get()),
            "cudaMemcpyAsync of a piece to the host");
      worker.used[s].record(stream_);
      under_way[s] = piece;
    }
    take_out(s);
    take_out(1 - s);
  });
}

}  // namespace eigenlens::cuda
