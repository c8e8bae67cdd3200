// SPDX-License-Identifier: Apache-2.0
/// \file
/// What the device can do at most, by the libraries' own best cases: every share in a table is of these, in one run.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "backend/cuda/check.hpp"
#include "backend/cuda/lane.hpp"
#include "device/measured.hpp"

namespace eigenlens::bench {

/// A copy that is done on return, in a stream of its own.
void copy_now(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind);

/// Device memory for a scope, not initialised.
template <class T>
class DeviceArray {
 public:
  explicit DeviceArray(std::int64_t count) : count_(count) {
    void* memory = nullptr;
    cuda::check(cudaMalloc(&memory, bytes()), "cudaMalloc");
    memory_.reset(static_cast<T*>(memory));
  }
  [[nodiscard]] T* data() const noexcept { return memory_.get(); }
  [[nodiscard]] std::int64_t size() const noexcept { return count_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return static_cast<std::size_t>(count_) * sizeof(T); }
  void upload(const std::vector<T>& host) {
    copy_now(memory_.get(), host.data(), host.size() * sizeof(T), cudaMemcpyHostToDevice);
  }
  [[nodiscard]] std::vector<T> download() const {
    std::vector<T> host(static_cast<std::size_t>(count_));
    copy_now(host.data(), memory_.get(), bytes(), cudaMemcpyDeviceToHost);
    return host;
  }

 private:
  struct Free {
    void operator()(T* memory) const noexcept { cudaFree(memory); }
  };
  std::int64_t count_;
  std::unique_ptr<T, Free> memory_;
};

/// Names the first device, makes it current. Throws Error(unavailable) if there is none.
cudaDeviceProp open_device(Report& report);

/// Pseudo-random numbers of a fixed seed: bytes in [−128, 127], doubles in [−1, 1).
std::vector<std::int8_t> random_bytes(std::int64_t count, std::uint64_t seed);
std::vector<double> random_doubles(std::int64_t count, std::uint64_t seed);

/// A second.
struct Ceilings {
  double to_device = 0;    ///< bytes, from pinned host memory
  double device_copy = 0;  ///< bytes read and written
  double gemm_f64 = 0;     ///< flops
  double gemm_int8 = 0;    ///< operations
};

/// Verifies and times each; about two seconds with products of the default order, from copies of 4·order² bytes.
/// Smaller ones are for a look at the programs, not at the device.
inline constexpr std::int64_t ceiling_order = 8192;
Ceilings measure_ceilings(Report& report, std::int64_t order = ceiling_order);

}  // namespace eigenlens::bench
