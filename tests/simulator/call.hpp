// SPDX-License-Identifier: Apache-2.0
/// \file
/// The frame of every simulated call: one lock, failures on demand, the sticky error, and refusals with a reason.
/// State is never destroyed, here and in the other files: a program may give back a device while it exits.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>
#include <exception>
#include <mutex>
#include <optional>
#include <set>
#include <string>

namespace eigenlens::simulator {

/// A call that breaks a rule: why, and what the runtime says of it. The libraries answer "invalid value".
struct Refusal {
  std::string message;
  cudaError_t status = cudaErrorInvalidValue;
};

/// A call that one of the libraries answers with a status of its own.
struct LibraryRefusal {
  std::string message;
  int status;
};

/// What the device is, as tests may change it.
struct Settings {
  int device_count = 1;
  int driver_error = 0;
  int major = 9;
  int minor = 0;
  std::size_t capacity = std::size_t{2} << 30;
  bool memory_pools = true;
};

/// One mutex for everything: the device does one thing at a time.
std::mutex& mutex();
Settings& settings();

/// Counts the call; the status that it has to fail with, or 0.
int injected_failure(const std::string& api);
/// The info that this call has to return, if any; taken when the call is made.
std::optional<int> injected_info(const std::string& api);
bool injected_corruption(const std::string& api);

/// The error after which nothing works any more: an operation of a stream failed. 0 if none.
cudaError_t sticky_error();
void set_sticky_error(cudaError_t status, const std::string& message);
void record_message(const std::string& api, const std::string& message);
/// What every runtime call returns as long as there is no usable device; 0 if there is one.
cudaError_t device_error();

/// Sets what cudaGetLastError returns in this thread, and returns it.
cudaError_t remember(cudaError_t status);

template <class Work>
cudaError_t answer(const char* api, const Work& work) {
  try {
    work();
  } catch (const Refusal& refusal) {
    record_message(api, refusal.message);
    return remember(refusal.status);
  }
  return remember(sticky_error());
}

/// A call of the runtime. `work` throws a Refusal or returns.
template <class Work>
cudaError_t runtime_call(const char* api, Work work) {
  const std::lock_guard lock(mutex());
  if (const int status = injected_failure(api)) return remember(static_cast<cudaError_t>(status));
  if (const auto missing = device_error()) return remember(missing);
  if (const auto sticky = sticky_error()) return remember(sticky);
  return answer(api, work);
}

/// A call that gives something back: it works on a broken device too, so that tests can ask for leaks.
template <class Work>
cudaError_t release_call(const char* api, Work work) {
  const std::lock_guard lock(mutex());
  if (const int status = injected_failure(api)) return remember(static_cast<cudaError_t>(status));
  return answer(api, work);
}

/// A call of a library with statuses of its own.
template <class Status, class Work>
Status library_call(const char* api, Status invalid, Status broken, Work work) {
  const std::lock_guard lock(mutex());
  if (const int status = injected_failure(api)) return static_cast<Status>(status);
  if (device_error() || sticky_error()) return broken;
  try {
    work();
  } catch (const Refusal& refusal) {
    record_message(api, refusal.message);
    return invalid;
  } catch (const LibraryRefusal& refusal) {
    record_message(api, refusal.message);
    return static_cast<Status>(refusal.status);
  }
  return sticky_error() ? broken : static_cast<Status>(0);
}

/// Throws the Refusal unless the rule is kept.
inline void require(bool kept, const char* rule, cudaError_t status = cudaErrorInvalidValue) {
  if (!kept) throw Refusal{rule, status};
}

/// For eigenlens_simulator_live_objects: what registries hold, and pinned memory.
std::int64_t& live_objects();

/// Handles of one kind that were made and not given back.
template <class Object>
class Registry {
 public:
  Object* add(Object* object) {
    objects_.insert(object);
    ++live_objects();
    return object;
  }
  Object& find(void* handle, const char* kind) const {
    auto* object = static_cast<Object*>(handle);
    if (!objects_.contains(object))
      throw Refusal{std::string(kind) + ": no such handle, or given back", cudaErrorInvalidResourceHandle};
    return *object;
  }
  void remove(void* handle, const char* kind) {
    Object* object = &find(handle, kind);
    objects_.erase(object);
    --live_objects();
    delete object;
  }
  [[nodiscard]] bool contains(void* handle) const { return objects_.contains(static_cast<Object*>(handle)); }
  [[nodiscard]] const std::set<Object*>& all() const { return objects_; }

 private:
  std::set<Object*> objects_;
};

}  // namespace eigenlens::simulator
