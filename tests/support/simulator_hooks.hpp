// SPDX-License-Identifier: Apache-2.0
/// \file
/// What a test does to the simulated device (tests/simulator/simulator.hpp), in the library that a backend case opened.
#pragma once

#include <cstdint>
#include <string>

namespace eigenlens::test {

/// Open it after the device. Everything that was asked for is taken back at the end.
class SimulatorHooks {
 public:
  SimulatorHooks();
  ~SimulatorHooks();
  SimulatorHooks(const SimulatorHooks&) = delete;
  SimulatorHooks& operator=(const SimulatorHooks&) = delete;

  /// The next call of `api`, after `skip` that go well, returns `status`; a solver's writes `info`; an eigensolver's
  /// vectors are wrong.
  void fail(const char* api, int skip, int status) const;
  void info(const char* api, int skip, int info) const;
  void corrupt(const char* api, int skip) const;
  void capacity(std::int64_t bytes) const;
  void devices(int count) const;
  void take_memory_pools() const;
  /// Of this thread: the device that its calls go to, -1 for none.
  void make_current(int device) const;
  [[nodiscard]] int current() const;
  void reset() const;
  [[nodiscard]] std::string message() const;
  [[nodiscard]] std::int64_t live_allocations() const;
  /// Since the process started.
  [[nodiscard]] std::int64_t calls(const char* api) const;

 private:
  template <class Function>
  Function function(const char* name) const;

  void* library_ = nullptr;
};

}  // namespace eigenlens::test
