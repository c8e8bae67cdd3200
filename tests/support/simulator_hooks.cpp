// SPDX-License-Identifier: Apache-2.0
#include "support/simulator_hooks.hpp"

#include <dlfcn.h>

#include <stdexcept>

#include "simulator/simulator.hpp"
#include "support/moved.hpp"

namespace eigenlens::test {

template <class Function>
Function SimulatorHooks::function(const char* name) const {
  const auto found = reinterpret_cast<Function>(dlsym(library_, name));
  if (!found) throw std::runtime_error(std::string("the simulated device has no ") + name);
  return found;
}

SimulatorHooks::SimulatorHooks() {
#ifdef EIGENLENS_SIMULATED_CUDA
  library_ = dlopen(moved(EIGENLENS_SIMULATED_CUDA).c_str(), RTLD_NOW | RTLD_NOLOAD);
#endif
  if (!library_) throw std::runtime_error("the simulated device is not open");
  reset();
}

SimulatorHooks::~SimulatorHooks() {
  function<decltype(&eigenlens_simulator_reset)>("eigenlens_simulator_reset")();
  dlclose(library_);
}

void SimulatorHooks::fail(const char* api, int skip, int status) const {
  function<decltype(&eigenlens_simulator_fail)>("eigenlens_simulator_fail")(api, skip, status);
}
void SimulatorHooks::info(const char* api, int skip, int info) const {
  function<decltype(&eigenlens_simulator_info)>("eigenlens_simulator_info")(api, skip, info);
}
void SimulatorHooks::corrupt(const char* api, int skip) const {
  function<decltype(&eigenlens_simulator_corrupt)>("eigenlens_simulator_corrupt")(api, skip);
}
void SimulatorHooks::capacity(std::int64_t bytes) const {
  function<decltype(&eigenlens_simulator_set_capacity)>("eigenlens_simulator_set_capacity")(
      static_cast<unsigned long long>(bytes));
}
void SimulatorHooks::devices(int count) const {
  function<decltype(&eigenlens_simulator_set_device_count)>("eigenlens_simulator_set_device_count")(count);
}
void SimulatorHooks::take_memory_pools() const {
  function<decltype(&eigenlens_simulator_set_memory_pools)>("eigenlens_simulator_set_memory_pools")(0);
}
void SimulatorHooks::make_current(int device) const {
  function<decltype(&eigenlens_simulator_set_current_device)>("eigenlens_simulator_set_current_device")(device);
}
int SimulatorHooks::current() const {
  return function<decltype(&eigenlens_simulator_current_device)>("eigenlens_simulator_current_device")();
}
void SimulatorHooks::reset() const { function<decltype(&eigenlens_simulator_reset)>("eigenlens_simulator_reset")(); }
std::string SimulatorHooks::message() const {
  return function<decltype(&eigenlens_simulator_message)>("eigenlens_simulator_message")();
}
std::int64_t SimulatorHooks::live_allocations() const {
  return function<decltype(&eigenlens_simulator_live_allocations)>("eigenlens_simulator_live_allocations")();
}
std::int64_t SimulatorHooks::calls(const char* api) const {
  return function<decltype(&eigenlens_simulator_calls)>("eigenlens_simulator_calls")(api);
}

}  // namespace eigenlens::test
