// SPDX-License-Identifier: Apache-2.0
/// \file
/// Whose device a thread's CUDA calls go to: ours while we work, and the caller's again afterwards.
#pragma once

#include <cuda.h>

#include <new>

namespace eigenlens::cuda {

/// While it lives, the CUDA calls of this thread go to one device; then to where they went before. That is a context of
/// the driver's, or none: it is put back as it was, by the driver, because cudaSetDevice would start a device that the
/// caller never used. May be nested. Cost: some tenths of a microsecond.
class CurrentDevice {
 public:
  /// Throws Error(device) if the device does not answer.
  explicit CurrentDevice(int device);
  /// For destructors: never throws; `reached` says whether the device answers.
  CurrentDevice(int device, std::nothrow_t) noexcept;
  ~CurrentDevice();
  CurrentDevice(const CurrentDevice&) = delete;
  CurrentDevice& operator=(const CurrentDevice&) = delete;

  [[nodiscard]] bool reached() const noexcept { return reached_; }

 private:
  CUcontext before_ = nullptr;
  bool reached_ = false;
};

}  // namespace eigenlens::cuda
