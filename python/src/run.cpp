// SPDX-License-Identifier: Apache-2.0
#include "run.hpp"

#include <utility>

namespace eigenlens::python {

Run::Run(nb::object device, nb::object progress) : device_(std::move(device)), progress_(std::move(progress)) {
  if (!device_.is_none()) {
    device_handle_ = &nb::cast<const Device&>(device_);
    run_.device = device_handle_->get();
  }
  run_.progress = &Run::report;
  run_.user_data = this;
}

void Run::keep_exception() noexcept {
  // Only the first counts: what comes after it is the work being stopped.
  if (!exception_) exception_ = std::current_exception();
}

void Run::finish(eigenlens_status status) {
  if (exception_) std::rethrow_exception(std::exchange(exception_, nullptr));
  check(status);
}

std::unique_lock<std::recursive_mutex> Run::lock() const {
  return device_handle_ ? std::unique_lock(device_handle_->lock()) : std::unique_lock<std::recursive_mutex>();
}

bool Run::is_due(const char* stage) {
  const auto now = std::chrono::steady_clock::now();
  if (stage_ == stage && now < next_) return false;
  stage_ = stage;
  next_ = now + std::chrono::milliseconds(50);
  return true;
}

std::int32_t Run::report(void* self, const char* stage, std::int64_t done, std::int64_t total, const char* unit) {
  Run& run = *static_cast<Run*>(self);
  if (run.exception_) return 1;
  if (!run.is_due(stage) && done != total) return 0;
  nb::gil_scoped_acquire acquired;
  try {
    if (PyErr_CheckSignals() != 0) throw nb::python_error();
    if (!run.progress_.is_none()) run.progress_(stage, done, total, unit);
    return 0;
  } catch (...) {
    run.keep_exception();
    return 1;
  }
}

}  // namespace eigenlens::python
