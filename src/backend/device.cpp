// SPDX-License-Identifier: Apache-2.0
#include "eigenlens/device.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <utility>

#include "backend/backend.hpp"
#include "backend/cpu/cpu_backend.hpp"
#include "backend/device_of.hpp"
#include "eigenlens/error.hpp"
#include "host/processor.hpp"

namespace eigenlens {

Device::Device(const DeviceOptions& options) {
  const char* forced = std::getenv("EIGENLENS_DEVICE");
  const std::string name = options.name == "auto" && forced && *forced ? forced : options.name;
  if (name != "auto" && name != "cpu")
    throw Error(ErrorCode::unavailable,
                fmt::format("device '{}' is not available: this build of eigenlens has the cpu alone", name));
  if (options.threads < 0)
    throw Error(ErrorCode::usage, fmt::format("{} threads: expected at least 1, or 0 for all", options.threads));
  if (options.memory < 0)
    throw Error(ErrorCode::usage, fmt::format("a memory budget of {} bytes: expected more than 0", options.memory));
  backend_ = std::make_shared<CpuBackend>(options.threads ? options.threads : available_threads(),
                                          options.memory ? options.memory : available_memory());
}

Device::Device(std::shared_ptr<Backend> backend) noexcept : backend_(std::move(backend)) {}

Device device_of(std::shared_ptr<Backend> backend) { return Device(std::move(backend)); }

std::string Device::name() const { return backend_->name(); }
int Device::threads() const { return backend_->threads(); }
std::int64_t Device::memory_budget() const { return backend_->memory_budget(); }
std::vector<std::pair<std::string, std::string>> Device::describe() const { return backend_->describe(); }

}  // namespace eigenlens
