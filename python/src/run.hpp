// SPDX-License-Identifier: Apache-2.0
/// \file
/// How work is run: the device, a callable of Python that watches, and Ctrl-C.
#pragma once

#include <chrono>
#include <exception>
#include <mutex>
#include <optional>
#include <string>

#include "handle.hpp"

namespace eigenlens::python {

/// An eigenlens_run whose progress comes back to Python: at most every 50 ms, and at the beginning of each stage,
/// signals are looked at, and the callable is told (stage, done, total, unit). What it raises, and KeyboardInterrupt,
/// stop the work.
class Run {
 public:
  /// `device` None: auto; `progress` None: signals alone. The GIL is held.
  Run(nb::object device, nb::object progress);
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  [[nodiscard]] const eigenlens_run* get() const noexcept { return &run_; }
  /// Raises what a callback raised, or what `status` stands for. The GIL is held.
  void finish(eigenlens_status status);
  /// Keeps the exception of Python that a callback is left with, for finish(). The GIL is held.
  void keep_exception() noexcept;
  [[nodiscard]] bool has_exception() const noexcept { return exception_ != nullptr; }
  /// Of the device, for one work at a time. Taken before the locks of what is worked on, and without the GIL.
  [[nodiscard]] std::unique_lock<std::recursive_mutex> lock() const;

 private:
  static std::int32_t report(void* self, const char* stage, std::int64_t done, std::int64_t total, const char* unit);
  [[nodiscard]] bool is_due(const char* stage);

  nb::object device_;
  nb::object progress_;
  const Device* device_handle_ = nullptr;
  eigenlens_run run_ = EIGENLENS_RUN_INIT;
  std::string stage_;
  std::chrono::steady_clock::time_point next_;
  std::exception_ptr exception_;
};

/// Calls `function` without the GIL while the device of `run` and `handles` are locked.
template <class Function, class... Handles>
eigenlens_status unattended_on(const Run& run, const Function& function, const Handles&... handles) {
  nb::gil_scoped_release released;
  const auto device = run.lock();
  [[maybe_unused]] const std::scoped_lock locked(handles.lock()...);
  return function();
}

/// Raises what a handle kept from a callback of its own; most have none.
template <class T, void (*close)(T*)>
void raise_kept(const Handle<T, close>&) {}

/// Runs `function(run)` without the GIL while the device and `handles` are locked, and raises what went wrong.
template <class Function, class... Handles>
void attended(const nb::object& device, const nb::object& progress, const Function& function,
              const Handles&... handles) {
  Run run(device, progress);
  const eigenlens_status status = unattended_on(
      run, [&] { return function(run.get()); }, handles...);
  if (status != EIGENLENS_OK && !run.has_exception()) (raise_kept(handles), ...);
  run.finish(status);
}

}  // namespace eigenlens::python
