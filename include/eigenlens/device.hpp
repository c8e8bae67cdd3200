// SPDX-License-Identifier: Apache-2.0
/// \file
/// Where the work is done. A Device is a cheap handle: copies share the same backend.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "eigenlens/export.hpp"

namespace eigenlens {

class Backend;  // src/backend/backend.hpp: the verbs that the algorithms are written over

struct DeviceOptions {
  std::string name = "auto";     ///< auto | cpu; EIGENLENS_DEVICE overrides auto
  int threads = 0;               ///< 0: every core that this process may use
  std::int64_t memory = 0;       ///< budget in bytes; 0: what the system says is available
};

class EIGENLENS_API Device {
 public:
  /// Opens a device. A forced device that is absent is Error(unavailable): never a silent fallback.
  explicit Device(const DeviceOptions& options = {});

  [[nodiscard]] std::string name() const;  ///< "cpu"
  [[nodiscard]] int threads() const;
  [[nodiscard]] std::int64_t memory_budget() const;  ///< bytes
  /// Key and value, in order: processor, instruction set, BLAS and its kernels, math mode. Goes into every result.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> describe() const;
  [[nodiscard]] Backend& backend() const noexcept { return *backend_; }

 private:
  friend Device device_of(std::shared_ptr<Backend> backend);  // src/backend/device_of.hpp
  explicit Device(std::shared_ptr<Backend> backend) noexcept;

  std::shared_ptr<Backend> backend_;
};

}  // namespace eigenlens
