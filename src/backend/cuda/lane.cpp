// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/lane.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "backend/cuda/check.hpp"
#include "eigenlens/error.hpp"

namespace eigenlens::cuda {

Stream::Stream() { check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "cudaStreamCreateWithFlags"); }
Stream::~Stream() { cudaStreamDestroy(stream_); }
void Stream::synchronize() const { check(cudaStreamSynchronize(stream_), "cudaStreamSynchronize"); }

Event::Event() { check(cudaEventCreateWithFlags(&event_, cudaEventDisableTiming), "cudaEventCreateWithFlags"); }
Event::~Event() { cudaEventDestroy(event_); }
void Event::record(const Stream& stream) { check(cudaEventRecord(event_, stream.get()), "cudaEventRecord"); }
void Event::hold(const Stream& stream) const {
  check(cudaStreamWaitEvent(stream.get(), event_, 0), "cudaStreamWaitEvent");
}
void Event::synchronize() const { check(cudaEventSynchronize(event_), "cudaEventSynchronize"); }

Pool::Pool(int device) {
  cudaMemPoolProps properties{};
  properties.allocType = cudaMemAllocationTypePinned;
  properties.location = {.type = cudaMemLocationTypeDevice, .id = device};
  check(cudaMemPoolCreate(&pool_, &properties), "cudaMemPoolCreate");
  std::uint64_t threshold = std::numeric_limits<std::uint64_t>::max();
  check(cudaMemPoolSetAttribute(pool_, cudaMemPoolAttrReleaseThreshold, &threshold), "cudaMemPoolSetAttribute");
}

Pool::~Pool() { cudaMemPoolDestroy(pool_); }

FreeMemory Pool::settle() {
  check(cudaDeviceSynchronize(), "cudaDeviceSynchronize");
  check(cudaMemPoolTrimTo(pool_, 0), "cudaMemPoolTrimTo");
  FreeMemory memory;
  check(cudaMemGetInfo(&memory.free, &memory.total), "cudaMemGetInfo");
  return memory;
}

void* Pool::allocate(std::size_t bytes, const Stream& stream) {
  void* memory = nullptr;
  const std::size_t size = std::max<std::size_t>(bytes, 256);
  cudaError_t status = cudaMallocFromPoolAsync(&memory, size, pool_, stream.get());
  if (status == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    const auto [free, total] = settle();  // what was freed in pieces may be had again in one
    status = cudaMallocFromPoolAsync(&memory, size, pool_, stream.get());
    if (status == cudaErrorMemoryAllocation) {
      cudaGetLastError();
      throw Error(ErrorCode::memory,
                  fmt::format("no device memory for {} bytes: {} of {} are free", bytes, free, total));
    }
  }
  check(status, "cudaMallocFromPoolAsync");
  return memory;
}

void free_async(void* memory, const Stream& stream) noexcept {
  if (memory) cudaFreeAsync(memory, stream.get());
}

Room::~Room() { free_async(memory_, stream_); }

void* Room::get(std::size_t bytes) {
  if (!memory_ || bytes > bytes_) {
    free_async(memory_, stream_);
    memory_ = nullptr;
    bytes_ = 0;
    memory_ = pool_.allocate(bytes, stream_);
    bytes_ = bytes;
  }
  return memory_;
}

Pinned::Pinned(std::size_t bytes) {
  check(cudaHostAlloc(&memory_, std::max<std::size_t>(bytes, 1), cudaHostAllocDefault), "cudaHostAlloc");
}
Pinned::~Pinned() { cudaFreeHost(memory_); }

Lane::Lane(Pool& pool) : room_(pool, stream_) {
  cublasHandle_t blas = nullptr;
  check(cublasCreate(&blas), "cublasCreate");
  blas_.reset(blas);
  check(cublasSetStream(blas, stream_.get()), "cublasSetStream");
  // Not pedantic: that turns the tensor cores off, which are exact float64 and twice as fast.
  check(cublasSetMathMode(blas, CUBLAS_DEFAULT_MATH), "cublasSetMathMode");
  check(cublasSetPointerMode(blas, CUBLAS_POINTER_MODE_HOST), "cublasSetPointerMode");
  check(cublasSetAtomicsMode(blas, CUBLAS_ATOMICS_NOT_ALLOWED), "cublasSetAtomicsMode");
  cusolverDnHandle_t solver = nullptr;
  check(cusolverDnCreate(&solver), "cusolverDnCreate");
  solver_.reset(solver);
  check(cusolverDnSetStream(solver, stream_.get()), "cusolverDnSetStream");
  check(cusolverDnSetDeterministicMode(solver, CUSOLVER_DETERMINISTIC_RESULTS), "cusolverDnSetDeterministicMode");
  check(cusolverDnSetMathMode(solver, CUSOLVER_DEFAULT_MATH), "cusolverDnSetMathMode");
  cusolverDnParams_t parameters = nullptr;
  check(cusolverDnCreateParams(&parameters), "cusolverDnCreateParams");
  parameters_.reset(parameters);
}

void* Lane::host_room(std::size_t bytes) {
  if (bytes == 0) return nullptr;
  stream_.synchronize();  // nothing says that a routine leaves its room on the host before its work is done
  if (bytes > host_bytes_) {
    host_room_.reset(new std::byte[bytes]);
    host_bytes_ = bytes;
  }
  return host_room_.get();
}

}  // namespace eigenlens::cuda
