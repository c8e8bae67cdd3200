// SPDX-License-Identifier: Apache-2.0
#include "simulator/memory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>

#include "simulator/call.hpp"
#include "simulator/context.hpp"
#include "simulator/stream.hpp"

namespace eigenlens::simulator {
namespace {

/// Every piece lies between two of these; who writes there is found out.
constexpr std::size_t fence = 256;  // also the alignment that cudaMalloc promises
constexpr unsigned char fence_byte = 0xFD;

struct Allocation {
  unsigned char* block;  ///< with the fences
  std::size_t size;
  bool ready;  ///< the operation that allocates it, in its stream, has run
  bool dying;  ///< cudaFreeAsync was called
  int device;
};

struct MemoryPool {
  int device;
};

Registry<MemoryPool>& pools() {
  static auto& instance = *new Registry<MemoryPool>;
  return instance;
}

using Address = std::uintptr_t;
Address address(const void* data) { return reinterpret_cast<Address>(data); }

struct Memory {
  std::map<Address, Allocation> device;
  std::size_t used = 0;
  std::map<Address, std::size_t> pinned;
};

Memory& memory() {
  static auto& instance = *new Memory;
  return instance;
}

/// The live allocation that this address lies in (or is the end of); null if none.
Allocation* allocation_of(const void* data) {
  auto& table = memory().device;
  auto next = table.upper_bound(address(data));
  if (next == table.begin()) return nullptr;
  --next;
  return address(data) <= next->first + next->second.size ? &next->second : nullptr;
}

unsigned char* start(const Allocation& allocation) { return allocation.block + fence; }
std::size_t block_size(std::size_t size) { return (fence + size + 2 * fence - 1) / fence * fence; }

void* allocate(std::size_t size, bool ready) {
  const std::size_t total = block_size(size);
  auto* block = static_cast<unsigned char*>(std::aligned_alloc(fence, total));
  require(block, "the host has no memory left for the device's", cudaErrorMemoryAllocation);
  std::memset(block, fence_byte, fence);
  std::memset(block + fence, poison, size);
  std::memset(block + fence + size, fence_byte, total - fence - size);
  memory().device[address(block + fence)] = {block, size, ready, false, used_device()};
  memory().used += size;
  return block + fence;
}

void require_room(std::size_t size) {
  if (size > settings().capacity || memory().used > settings().capacity - size)
    throw Refusal{fmt::format("{} bytes asked, {} of {} in use", size, memory().used, settings().capacity),
                  cudaErrorMemoryAllocation};
}

Allocation& exactly(void* data) {
  const auto found = memory().device.find(address(data));
  require(found != memory().device.end(), "free of what is not the start of a live allocation");
  return found->second;
}

bool fences_hold(const Allocation& allocation) {
  unsigned char* end = allocation.block + block_size(allocation.size);
  const auto whole = [](unsigned char byte) { return byte == fence_byte; };
  return std::all_of(allocation.block, start(allocation), whole) &&
         std::all_of(start(allocation) + allocation.size, end, whole);
}

void release(void* data) {
  const Allocation allocation = exactly(data);
  memory().used -= allocation.size;
  memory().device.erase(address(data));
  const bool whole = fences_hold(allocation);
  std::memset(start(allocation), poison, allocation.size);
  std::free(allocation.block);
  require(whole, "something wrote outside of the allocation that is freed here", cudaErrorIllegalAddress);
}

void allocate_async(void** data, std::size_t size, cudaStream_t stream) {
  require(data, "nowhere to put the pointer");
  *data = nullptr;
  require_stream(stream);
  if (size == 0) return;
  try {
    require_room(size);
  } catch (const Refusal&) {
    drain(stream);  // what this stream frees may be had again by it
    require_room(size);
  }
  void* fresh = *data = allocate(size, false);
  enqueue(stream, {}, [fresh] {
    Allocation& allocation = exactly(fresh);
    allocation.ready = true;
    std::memset(fresh, poison, allocation.size);  // what another stream wrote there too early is lost
  });
}

void allocate_pinned(void** data, std::size_t size) {
  require(data, "nowhere to put the pointer");
  *data = nullptr;
  if (size == 0) return;
  *data = std::aligned_alloc(4096, (size + 4095) / 4096 * 4096);
  require(*data, "the host has no memory left", cudaErrorMemoryAllocation);
  memory().pinned[address(*data)] = size;
  ++live_objects();
}

}  // namespace

void require_device(const Extent& extent) {
  if (extent.bytes == 0) return;
  const Allocation* found = allocation_of(extent.data);
  if (!found || address(extent.data) == address(start(*found)) + found->size)
    throw Refusal{fmt::format("{} = {} is no device memory", extent.name, extent.data)};
  const auto offset = static_cast<std::size_t>(address(extent.data) - address(start(*found)));
  if (extent.bytes > found->size - offset)
    throw Refusal{fmt::format("{} needs {} bytes, but its allocation of {} has only {} from there", extent.name,
                              extent.bytes, found->size, found->size - offset)};
  if (found->dying) throw Refusal{fmt::format("{} was given to cudaFreeAsync", extent.name)};
}

void require_present(const Extent& extent) {
  if (extent.bytes == 0) return;
  const Allocation* found = allocation_of(extent.data);
  if (!found)
    throw Refusal{fmt::format("{} was freed before the operation that needs it ran", extent.name),
                  cudaErrorIllegalAddress};
  if (!found->ready)
    throw Refusal{fmt::format("{} is used before the stream that allocates it has come so far", extent.name),
                  cudaErrorIllegalAddress};
}

bool is_device(const void* data) {
  const Allocation* found = allocation_of(data);
  return found && address(data) < address(start(*found)) + found->size;
}

bool is_pinned(const void* data, std::size_t bytes) {
  auto next = memory().pinned.upper_bound(address(data));
  if (next == memory().pinned.begin()) return false;
  --next;
  return address(data) + bytes <= next->first + next->second;
}

void require_reachable(const void* data) {
  if (!data || allocation_of(data) || is_pinned(data, 0)) return;
  throw Refusal{fmt::format("a kernel was given {}, which is no device memory", data), cudaErrorIllegalAddress};
}

void require_fences(const std::string& who) {
  for (const auto& [first, allocation] : memory().device)
    if (!fences_hold(allocation))
      throw Refusal{fmt::format("{} wrote outside of an allocation of {} bytes", who, allocation.size),
                    cudaErrorIllegalAddress};
}

std::int64_t live_allocations() { return static_cast<std::int64_t>(memory().device.size()); }

}  // namespace eigenlens::simulator

using namespace eigenlens::simulator;  // NOLINT: the functions below are C's

cudaError_t CUDARTAPI cudaMalloc(void** data, std::size_t size) {
  return runtime_call("cudaMalloc", [&] {
    require(data, "nowhere to put the pointer");
    *data = nullptr;
    if (size == 0) return;
    require_room(size);
    *data = allocate(size, true);
  });
}

cudaError_t CUDARTAPI cudaMallocAsync(void** data, std::size_t size, cudaStream_t stream) {
  return runtime_call("cudaMallocAsync", [&] { allocate_async(data, size, stream); });
}

cudaError_t CUDARTAPI cudaMallocFromPoolAsync(void** data, std::size_t size, cudaMemPool_t pool, cudaStream_t stream) {
  return runtime_call("cudaMallocFromPoolAsync", [&] {
    require_used(pools().find(pool, "memory pool").device, "the memory pool");
    allocate_async(data, size, stream);
  });
}

cudaError_t CUDARTAPI cudaFree(void* data) {
  return release_call("cudaFree", [&] {
    if (!data) return;
    exactly(data);
    drain_all();  // as the real one does
    release(data);
  });
}

cudaError_t CUDARTAPI cudaFreeAsync(void* data, cudaStream_t stream) {
  return release_call("cudaFreeAsync", [&] {
    require_stream(stream);
    if (!data) return;
    Allocation& allocation = exactly(data);
    require(!allocation.dying, "freed twice");
    enqueue(stream, {}, [data] { release(data); });
    allocation.dying = true;
  });
}

cudaError_t CUDARTAPI cudaHostAlloc(void** data, std::size_t size, unsigned int) {
  return runtime_call("cudaHostAlloc", [&] { allocate_pinned(data, size); });
}

cudaError_t CUDARTAPI cudaMallocHost(void** data, std::size_t size) {
  return runtime_call("cudaMallocHost", [&] { allocate_pinned(data, size); });
}

cudaError_t CUDARTAPI cudaFreeHost(void* data) {
  return release_call("cudaFreeHost", [&] {
    if (!data) return;
    require(memory().pinned.erase(address(data)) == 1, "free of what cudaHostAlloc did not give");
    --live_objects();
    std::free(data);
  });
}

cudaError_t CUDARTAPI cudaHostRegister(void* data, std::size_t size, unsigned int) {
  return runtime_call("cudaHostRegister", [&] {
    require(data && size > 0, "nothing to register");
    require(!is_device(data), "device memory cannot be registered");
    require(memory().pinned.emplace(address(data), size).second, "registered twice",
            cudaErrorHostMemoryAlreadyRegistered);
    ++live_objects();
  });
}

cudaError_t CUDARTAPI cudaHostUnregister(void* data) {
  return release_call("cudaHostUnregister", [&] {
    require(memory().pinned.erase(address(data)) == 1, "not registered", cudaErrorHostMemoryNotRegistered);
    --live_objects();
  });
}

cudaError_t CUDARTAPI cudaMemGetInfo(std::size_t* free, std::size_t* total) {
  return runtime_call("cudaMemGetInfo", [&] {
    require(free && total, "nowhere to put the sizes");
    *total = settings().capacity;
    *free = settings().capacity - std::min(settings().capacity, memory().used);
  });
}

cudaError_t CUDARTAPI cudaPointerGetAttributes(cudaPointerAttributes* attributes, const void* data) {
  return runtime_call("cudaPointerGetAttributes", [&] {
    require(attributes, "nowhere to put the attributes");
    *attributes = {};
    attributes->type = is_device(data)      ? cudaMemoryTypeDevice
                       : is_pinned(data, 0) ? cudaMemoryTypeHost
                                            : cudaMemoryTypeUnregistered;
    attributes->device = is_device(data)      ? allocation_of(data)->device
                         : is_pinned(data, 0) ? used_device()
                                              : cudaInvalidDeviceId;
    attributes->devicePointer = is_device(data) || is_pinned(data, 0) ? const_cast<void*>(data) : nullptr;
    attributes->hostPointer = is_device(data) ? nullptr : const_cast<void*>(data);
  });
}

// What it keeps counts as free at once.
cudaError_t CUDARTAPI cudaMemPoolCreate(cudaMemPool_t* pool, const cudaMemPoolProps* properties) {
  return runtime_call("cudaMemPoolCreate", [&] {
    require(pool && properties, "nowhere to put the pool, or no properties");
    require(properties->allocType == cudaMemAllocationTypePinned, "the type of allocation is pinned");
    require(properties->location.type == cudaMemLocationTypeDevice, "a pool of no device");
    require(settings().memory_pools, "no memory pools on this device", cudaErrorNotSupported);
    require_ordinal(properties->location.id);
    *pool = reinterpret_cast<cudaMemPool_t>(pools().add(new MemoryPool{properties->location.id}));
  });
}

cudaError_t CUDARTAPI cudaMemPoolDestroy(cudaMemPool_t pool) {
  return release_call("cudaMemPoolDestroy", [&] { pools().remove(pool, "memory pool"); });
}

cudaError_t CUDARTAPI cudaMemPoolSetAttribute(cudaMemPool_t pool, cudaMemPoolAttr, void*) {
  return runtime_call("cudaMemPoolSetAttribute", [&] { pools().find(pool, "memory pool"); });
}

cudaError_t CUDARTAPI cudaMemPoolTrimTo(cudaMemPool_t pool, std::size_t) {
  return runtime_call("cudaMemPoolTrimTo", [&] { pools().find(pool, "memory pool"); });
}
