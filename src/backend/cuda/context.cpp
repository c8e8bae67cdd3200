// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/context.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "backend/cuda/eigen_choice.hpp"
#include "eigenlens/error.hpp"
#include "host/parallel.hpp"

namespace eigenlens::cuda {
Context::Context(int device, int threads) : device_(device), threads_(threads) {
  int count = 0;
  check(cudaGetDeviceCount(&count), "cudaGetDeviceCount");
  if (device < 0 || device >= count)
    throw Error(ErrorCode::unavailable, fmt::format("device 'cuda:{}' is not there: this machine has {}", device,
                                                    count == 1 ? "cuda:0 alone" : fmt::format("{} of them", count)));
  const auto here = activate();
  check(cudaGetDeviceProperties(&properties_, device), "cudaGetDeviceProperties");
  if (!properties_.memoryPoolsSupported)
    throw Error(ErrorCode::unavailable,
                fmt::format("cuda:{} ({}) has no memory pools, as some virtual GPUs", device, properties_.name));
  pool_ = std::make_unique<Pool>(device);
  make_lanes(1);
  fork_ = std::make_unique<Event>();
}

Context::~Context() {
  const CurrentDevice here(device_, std::nothrow);
  if (!here.reached()) {  // the process ends, or was forked: what CUDA lent went with it, and giving it back may crash
    static_cast<void>(stages_.release());
    for (std::unique_ptr<Lane>& lane : lanes_) static_cast<void>(lane.release());
    return;
  }
  cudaDeviceSynchronize();
  stages_.reset();
  lanes_.clear();
  cudaDeviceSynchronize();  // before their rooms' pool goes
  pool_.reset();
}

void Context::make_lanes(std::size_t count) {
  if (lanes_.size() < count) pool_->settle();  // what we have freed and kept the libraries' handles cannot have
  while (lanes_.size() < count) lanes_.push_back(std::make_unique<Lane>(*pool_));
  while (joins_.size() < count) joins_.push_back(std::make_unique<Event>());
}

std::size_t Context::fork(std::size_t count) {
  const std::size_t width = std::clamp<std::size_t>(count, 1, most_lanes);
  make_lanes(width);
  if (width > 1) fork_->record(main().stream());
  for (std::size_t l = 1; l < width; ++l) fork_->hold(lanes_[l]->stream());
  return width;
}

void Context::join(std::size_t count) {
  for (std::size_t l = 1; l < count; ++l) {
    joins_[l]->record(lanes_[l]->stream());
    joins_[l]->hold(main().stream());
  }
}

void Context::for_lanes(std::size_t count, const std::function<void(Lane&, std::size_t)>& body) {
  const auto here = activate();
  const std::size_t width = fork(count);
  try {
    for (std::size_t l = 0; l < count; ++l) body(*lanes_[l % width], l);
  } catch (...) {
    cudaDeviceSynchronize();  // memory that the lanes still use is about to go
    throw;
  }
  join(width);
}

void Context::for_lane_threads(std::size_t count, const std::function<void(Lane&, std::size_t)>& body) {
  const auto here = activate();
  const std::size_t width = fork(count);
  try {
    parallel_for(static_cast<int>(width), static_cast<std::int64_t>(width), [&](std::int64_t t) {
      const auto there = activate();
      for (auto l = static_cast<std::size_t>(t); l < count; l += width) body(*lanes_[static_cast<std::size_t>(t)], l);
    });
  } catch (...) {
    cudaDeviceSynchronize();
    throw;
  }
  join(width);
}

std::shared_ptr<void> Context::allocate_bytes(std::size_t bytes) {
  const auto here = activate();
  void* memory = pool_->allocate(bytes, main().stream());
  return {memory, [context = weak_from_this(), device = device_](void* m) {
            const auto alive = context.lock();
            const CurrentDevice there(device, std::nothrow);
            if (alive)
              free_async(m, alive->main().stream());
            else
              cudaFree(m);
          }};
}

StagedCopies* Context::stages(std::size_t bytes) {
  if (bytes < StagedCopies::least_bytes) return nullptr;
  std::call_once(pinned_, [this] {
    try {
      stages_ = std::make_unique<StagedCopies>(device_, threads_, main().stream());
    } catch (const Error&) {
      // The driver's copies need none, and say what is wrong if it is more than that.
    }
  });
  return stages_.get();
}

void Context::copy_to_device(void* device, const void* host, std::size_t bytes) {
  if (bytes == 0) return;
  const auto here = activate();
  if (StagedCopies* const staged = stages(bytes)) {
    staged->to_device(device, host, bytes);
    return;
  }
  check(cudaMemcpyAsync(device, host, bytes, cudaMemcpyHostToDevice, main().raw()), "cudaMemcpyAsync to the device");
  // Of pageable memory the documentation says that such a copy may be over when the call returns, not that it is.
  main().stream().synchronize();
}

void Context::copy_and_clear(void* to, const void* from, std::size_t bytes, std::size_t total) {
  const auto here = activate();
  if (bytes > 0)
    check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, main().raw()), "cudaMemcpyAsync on the device");
  if (total > bytes)
    check(cudaMemsetAsync(static_cast<std::byte*>(to) + bytes, 0, total - bytes, main().raw()), "cudaMemsetAsync");
}

void Context::copy_to_host(void* host, const void* device, std::size_t bytes) {
  const auto here = activate();
  if (StagedCopies* const staged = stages(bytes))
    staged->to_host(host, device, bytes);
  else if (bytes > 0)
    check(cudaMemcpyAsync(host, device, bytes, cudaMemcpyDeviceToHost, main().raw()), "cudaMemcpyAsync to the host");
  main().stream().synchronize();
}

std::int64_t Context::free_memory() {
  const auto here = activate();
  return static_cast<std::int64_t>(pool_->settle().free);
}

}  // namespace eigenlens::cuda
