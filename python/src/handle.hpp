// SPDX-License-Identifier: Apache-2.0
/// \file
/// Handles of the C interface, owned and locked. A handle serves one thread at a time; its lock is only ever waited for
/// without the GIL, so that whoever has it can come back to Python for progress. That of the device is taken first
/// (run.hpp).
#pragma once

#include <memory>
#include <mutex>

#include "status.hpp"

namespace eigenlens::python {

template <class T, void (*close)(T*)>
class Handle {
 public:
  /// Takes over `raw`.
  explicit Handle(T* raw) : raw_(raw, close) {}

  /// Closes it before its time.
  void reset() noexcept { raw_.reset(); }
  [[nodiscard]] T* get() const noexcept { return raw_.get(); }
  /// Recursive, because what watches the work may ask the handle that works.
  [[nodiscard]] std::recursive_mutex& lock() const noexcept { return *lock_; }

 private:
  std::unique_ptr<T, void (*)(T*)> raw_;
  std::unique_ptr<std::recursive_mutex> lock_ = std::make_unique<std::recursive_mutex>();
};

using Device = Handle<eigenlens_device, eigenlens_device_close>;
using Moments = Handle<eigenlens_moments, eigenlens_moments_close>;
using Result = Handle<eigenlens_result, eigenlens_result_close>;

/// Calls `function` without the GIL while `handles` are locked.
template <class Function, class... Handles>
eigenlens_status unattended(const Function& function, const Handles&... handles) {
  nb::gil_scoped_release released;
  [[maybe_unused]] const std::scoped_lock locked(handles.lock()...);
  return function();
}

}  // namespace eigenlens::python
