// SPDX-License-Identifier: Apache-2.0
/// \file
/// Owners of what CUDA lends: streams, events, handles, memory. All of one device; none is copied.
#pragma once

#include <cublas_v2.h>
#include <cuda_runtime_api.h>
#include <cusolverDn.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace eigenlens::cuda {

/// A stream that does not wait for the default one.
class Stream {
 public:
  Stream();
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  [[nodiscard]] cudaStream_t get() const noexcept { return stream_; }
  /// Waits until all work so far is done. Throws what that work met.
  void synchronize() const;

 private:
  cudaStream_t stream_ = nullptr;
};

/// A point in a stream, without a clock.
class Event {
 public:
  Event();
  ~Event();
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  void record(const Stream& stream);
  /// Work of `stream` from now on starts after the recorded point.
  void hold(const Stream& stream) const;
  /// The host waits.
  void synchronize() const;

 private:
  cudaEvent_t event_ = nullptr;
};

/// Bytes of the current device.
struct FreeMemory {
  std::size_t free = 0;
  std::size_t total = 0;
};

/// Memory of a device in the order of streams. What is freed stays for the next that asks. So it is a pool of our own:
/// the device's default one is the whole program's, and not ours to tell what to keep.
class Pool {
 public:
  explicit Pool(int device);
  /// What is in use then stays good, and goes back when it is freed.
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  /// Bytes in the order of `stream`: there when the work queued so far is done, gone when the last owner's later work
  /// is. Throws Error(memory) with what was asked and what was free.
  void* allocate(std::size_t bytes, const Stream& stream);
  /// Waits for the device and gives back what was freed and kept, which else counts as taken.
  FreeMemory settle();

 private:
  cudaMemPool_t pool_ = nullptr;
};

/// Of any pool. Never throws: for destructors.
void free_async(void* memory, const Stream& stream) noexcept;

/// Device memory that only grows and is used by one stream; its contents do not outlive a call of `get`.
class Room {
 public:
  Room(Pool& pool, const Stream& stream) : pool_(pool), stream_(stream) {}
  ~Room();
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;
  /// At least `bytes` bytes, never null, aligned to 256. Throws Error(memory) with what was asked and what was free.
  void* get(std::size_t bytes);

 private:
  Pool& pool_;
  const Stream& stream_;
  void* memory_ = nullptr;
  std::size_t bytes_ = 0;
};

/// Memory of the host that the device reads and writes by itself, so that copies run beside other work.
class Pinned {
 public:
  explicit Pinned(std::size_t bytes);
  ~Pinned();
  Pinned(const Pinned&) = delete;
  Pinned& operator=(const Pinned&) = delete;
  [[nodiscard]] void* data() const noexcept { return memory_; }

 private:
  void* memory_ = nullptr;
};

/// What one problem at a time needs: a stream with handles and rooms of its own, so that lanes run side by side.
/// cuBLAS: float64 in the device's own float64 units, host scalars, no atomics; a handle a stream, which its
/// documentation asks for where results are to repeat bit by bit. cuSOLVER: deterministic results, default math.
class Lane {
 public:
  explicit Lane(Pool& pool);
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  [[nodiscard]] const Stream& stream() const noexcept { return stream_; }
  [[nodiscard]] cudaStream_t raw() const noexcept { return stream_.get(); }
  [[nodiscard]] cublasHandle_t blas() const noexcept { return blas_.get(); }
  [[nodiscard]] cusolverDnHandle_t solver() const noexcept { return solver_.get(); }
  [[nodiscard]] cusolverDnParams_t parameters() const noexcept { return parameters_.get(); }
  /// For the solver's workspace.
  [[nodiscard]] Room& room() noexcept { return room_; }
  /// For the solver's workspace on the host; contents do not outlive a call. Waits for what is queued, unless bytes is
  /// 0: then null.
  [[nodiscard]] void* host_room(std::size_t bytes);

 private:
  struct Destroy {
    void operator()(cublasContext* handle) const noexcept { cublasDestroy(handle); }
    void operator()(cusolverDnContext* handle) const noexcept { cusolverDnDestroy(handle); }
    void operator()(cusolverDnParams* parameters) const noexcept { cusolverDnDestroyParams(parameters); }
  };

  Stream stream_;
  std::unique_ptr<cublasContext, Destroy> blas_;
  std::unique_ptr<cusolverDnContext, Destroy> solver_;
  std::unique_ptr<cusolverDnParams, Destroy> parameters_;
  Room room_;
  std::unique_ptr<std::byte[]> host_room_;
  std::size_t host_bytes_ = 0;
};

}  // namespace eigenlens::cuda
