// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/context.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "backend/cuda/eigen_choice.hpp"
#include "eigenlens/error.hpp"
#include "host/parallel.hpp"

namespace eigenlens::cuda {
namespace {

/// Freed memory stays with the process: the next family asks for the same sizes.
void keep_freed_memory(int device) {
  cudaMemPool_t pool = nullptr;
  check(cudaDeviceGetDefaultMemPool(&pool, device), "cudaDeviceGetDefaultMemPool");
  std::uint64_t threshold = std::numeric_limits<std::uint64_t>::max();
  check(cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &threshold), "cudaMemPoolSetAttribute");
}

}  // namespace

Context::Context(int device, int threads) : device_(device), threads_(threads) {
  int count = 0;
  check(cudaGetDeviceCount(&count), "cudaGetDeviceCount");
  if (device < 0 || device >= count)
    throw Error(ErrorCode::unavailable, fmt::format("device 'cuda:{}' is not there: this machine has {}", device,
                                                    count == 1 ? "cuda:0 alone" : fmt::format("{} of them", count)));
  activate();
  check(cudaGetDeviceProperties(&properties_, device), "cudaGetDeviceProperties");
  keep_freed_memory(device);
  make_lanes(1);
  fork_ = std::make_unique<Event>();
}

Context::~Context() {
  cudaSetDevice(device_);
  cudaDeviceSynchronize();
  stages_.reset();
  lanes_.clear();  // their rooms are freed into the pool, which kept all and is the process's, not ours
  cudaDeviceSynchronize();
  cudaMemPool_t pool = nullptr;
  if (cudaDeviceGetDefaultMemPool(&pool, device_) == cudaSuccess) cudaMemPoolTrimTo(pool, 0);
}

void Context::activate() const { check(cudaSetDevice(device_), "cudaSetDevice"); }

void Context::make_lanes(std::size_t count) {
  while (lanes_.size() < count) lanes_.push_back(std::make_unique<Lane>());
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
  activate();
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
  activate();
  const std::size_t width = fork(count);
  try {
    parallel_for(static_cast<int>(width), static_cast<std::int64_t>(width), [&](std::int64_t t) {
      activate();
      for (auto l = static_cast<std::size_t>(t); l < count; l += width) body(*lanes_[static_cast<std::size_t>(t)], l);
    });
  } catch (...) {
    cudaDeviceSynchronize();
    throw;
  }
  join(width);
}

std::shared_ptr<void> Context::allocate_bytes(std::size_t bytes) {
  activate();
  void* memory = allocate_async(bytes, main().stream());
  return {memory, [context = weak_from_this()](void* m) {
            if (const auto alive = context.lock()) {
              cudaSetDevice(alive->device_);
              free_async(m, alive->main().stream());
            } else {
              cudaFree(m);
            }
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
  activate();
  if (StagedCopies* const staged = stages(bytes)) {
    staged->to_device(device, host, bytes);
    return;
  }
  // Of pageable memory the driver has taken its copy when this returns, unless the device reads such memory by itself.
  check(cudaMemcpyAsync(device, host, bytes, cudaMemcpyHostToDevice, main().raw()), "cudaMemcpyAsync to the device");
  if (properties_.pageableMemoryAccess) main().stream().synchronize();
}

void Context::copy_and_clear(void* to, const void* from, std::size_t bytes, std::size_t total) {
  activate();
  if (bytes > 0)
    check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, main().raw()), "cudaMemcpyAsync on the device");
  if (total > bytes)
    check(cudaMemsetAsync(static_cast<std::byte*>(to) + bytes, 0, total - bytes, main().raw()), "cudaMemsetAsync");
}

void Context::copy_to_host(void* host, const void* device, std::size_t bytes) {
  activate();
  if (StagedCopies* const staged = stages(bytes))
    staged->to_host(host, device, bytes);
  else if (bytes > 0)
    check(cudaMemcpyAsync(host, device, bytes, cudaMemcpyDeviceToHost, main().raw()), "cudaMemcpyAsync to the host");
  main().stream().synchronize();
}

std::int64_t Context::free_memory() {
  activate();
  return static_cast<std::int64_t>(settled_memory().free);
}

}  // namespace eigenlens::cuda
