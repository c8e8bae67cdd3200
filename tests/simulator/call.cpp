// SPDX-License-Identifier: Apache-2.0
#include "simulator/call.hpp"

#include <map>
#include <vector>

#include "simulator/memory.hpp"
#include "simulator/simulator.hpp"

namespace eigenlens::simulator {
namespace {

/// Something that is to happen at a later call.
struct Planned {
  int calls_to_skip;
  int value;
};

struct Plans {
  std::map<std::string, std::vector<Planned>> failures;
  std::map<std::string, std::vector<Planned>> infos;
  std::map<std::string, std::vector<Planned>> corruptions;
};

Plans& plans() {
  static auto& instance = *new Plans;
  return instance;
}

std::map<std::string, std::int64_t>& counts() {
  static auto& instance = *new std::map<std::string, std::int64_t>;
  return instance;
}

struct Broken {
  cudaError_t sticky = cudaSuccess;
  std::string message;
};

Broken& broken() {
  static auto& instance = *new Broken;
  return instance;
}

thread_local cudaError_t last_error = cudaSuccess;

/// Counts one call of every plan for `api`; the value of the one whose turn it is.
std::optional<int> due(std::map<std::string, std::vector<Planned>>& of, const std::string& api) {
  const auto found = of.find(api);
  if (found == of.end()) return std::nullopt;
  std::optional<int> value;
  auto& list = found->second;
  for (auto plan = list.begin(); plan != list.end();) {
    if (plan->calls_to_skip-- > 0 || value) {
      ++plan;
    } else {
      value = plan->value;
      plan = list.erase(plan);
    }
  }
  return value;
}

}  // namespace

std::mutex& mutex() {
  static auto& instance = *new std::mutex;
  return instance;
}

Settings& settings() {
  static auto& instance = *new Settings;
  return instance;
}

int injected_failure(const std::string& api) {
  ++counts()[api];
  const auto status = due(plans().failures, api);
  if (status) record_message(api, "a failure that a test asked for");
  return status.value_or(0);
}

std::optional<int> injected_info(const std::string& api) { return due(plans().infos, api); }

bool injected_corruption(const std::string& api) { return due(plans().corruptions, api).has_value(); }

cudaError_t sticky_error() { return broken().sticky; }

void set_sticky_error(cudaError_t status, const std::string& message) {
  if (broken().sticky) return;  // the first one is the cause
  broken() = {status, message};
}

void record_message(const std::string& api, const std::string& message) { broken().message = api + ": " + message; }

cudaError_t device_error() {
  if (settings().driver_error) return static_cast<cudaError_t>(settings().driver_error);
  return settings().device_count == 0 ? cudaErrorNoDevice : cudaSuccess;
}

cudaError_t remember(cudaError_t status) {
  if (status != cudaSuccess) last_error = status;
  return status;
}

std::int64_t& live_objects() {
  static std::int64_t count = 0;
  return count;
}

}  // namespace eigenlens::simulator

using namespace eigenlens::simulator;  // NOLINT: the functions below are C's

cudaError_t CUDARTAPI cudaGetLastError() {
  const std::lock_guard lock(mutex());
  const auto sticky = sticky_error();
  const auto status = sticky ? sticky : last_error;
  last_error = cudaSuccess;
  return status;
}

cudaError_t CUDARTAPI cudaPeekAtLastError() {
  const std::lock_guard lock(mutex());
  const auto sticky = sticky_error();
  return sticky ? sticky : last_error;
}

void eigenlens_simulator_fail(const char* api, int calls_to_skip, int status) {
  const std::lock_guard lock(mutex());
  plans().failures[api].push_back({calls_to_skip, status});
}

void eigenlens_simulator_info(const char* api, int calls_to_skip, int info) {
  const std::lock_guard lock(mutex());
  plans().infos[api].push_back({calls_to_skip, info});
}

void eigenlens_simulator_corrupt(const char* api, int calls_to_skip) {
  const std::lock_guard lock(mutex());
  plans().corruptions[api].push_back({calls_to_skip, 1});
}

void eigenlens_simulator_set_device_count(int count) {
  const std::lock_guard lock(mutex());
  settings().device_count = count;
}

void eigenlens_simulator_set_driver_error(int status) {
  const std::lock_guard lock(mutex());
  settings().driver_error = status;
}

void eigenlens_simulator_set_compute_capability(int major, int minor) {
  const std::lock_guard lock(mutex());
  settings().major = major;
  settings().minor = minor;
}

void eigenlens_simulator_set_capacity(unsigned long long bytes) {
  const std::lock_guard lock(mutex());
  settings().capacity = bytes;
}

void eigenlens_simulator_set_memory_pools(int supported) {
  const std::lock_guard lock(mutex());
  settings().memory_pools = supported != 0;
}

void eigenlens_simulator_reset() {
  const std::lock_guard lock(mutex());
  plans() = {};
  broken() = {};
  settings() = {};
  last_error = cudaSuccess;
}

const char* eigenlens_simulator_message() {
  thread_local std::string copy;
  const std::lock_guard lock(mutex());
  copy = broken().message;
  return copy.c_str();
}

long long eigenlens_simulator_live_allocations() {
  const std::lock_guard lock(mutex());
  return live_allocations();
}

long long eigenlens_simulator_live_objects() {
  const std::lock_guard lock(mutex());
  return live_objects();
}

long long eigenlens_simulator_calls(const char* api) {
  const std::lock_guard lock(mutex());
  const auto found = counts().find(api);
  return found == counts().end() ? 0 : found->second;
}
