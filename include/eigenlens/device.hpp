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
  /// auto | cpu | cuda | cuda:N. auto is the first CUDA device that can be used, else the CPU; the environment variable
  /// EIGENLENS_DEVICE overrides auto, with any of these names.
  std::string name = "auto";
  int threads = 0;          ///< of the host; 0: every core that this process may use
  std::int64_t memory = 0;  ///< budget of host memory in bytes; 0: what the system says is available
};

/// Who wanted the device.
enum class DeviceChoice {
  automatic,  ///< the library chose it, and may take the CPU where it does not suit the work (sweep.hpp, suited)
  forced,     ///< it was asked for by name: it answers, or there is an error
};

/// Whatever works on a CUDA device makes it the current one of the calling thread.
class EIGENLENS_API Device {
 public:
  /// Opens a device; CUDA takes some tenths of a second the first time. A forced device that is absent is
  /// Error(unavailable) that names what is missing: never a silent fallback. auto falls to the CPU and says why in
  /// describe(). Error(usage) for a name that is none, a negative number of threads or bytes.
  explicit Device(const DeviceOptions& options = {});
  /// On a backend that is already open. `reason` goes on after "because ".
  Device(std::shared_ptr<Backend> backend, DeviceChoice choice, const std::string& reason);

  [[nodiscard]] std::string name() const;   ///< "cpu" or "cuda"
  [[nodiscard]] std::string label() const;  ///< what --device takes: "cpu" or "cuda:0"
  [[nodiscard]] int threads() const;
  [[nodiscard]] std::int64_t memory_budget() const;  ///< bytes of host memory
  [[nodiscard]] DeviceChoice choice() const noexcept { return choice_; }
  /// Why it was taken: "cuda:0, because it was asked for".
  [[nodiscard]] const std::string& chosen() const noexcept { return chosen_; }
  /// What a person should be told where the CPU was taken though there is a GPU, or a CUDA part that does not work:
  /// "cuda:0 is too small for this sweep (2.47 GiB needed, 2.00 GiB free)". Empty if nothing is amiss.
  [[nodiscard]] const std::string& notice() const noexcept { return notice_; }
  /// The CPU with the same threads and budget, chosen by the library; `reason` goes on after "cpu, because ", `notice`
  /// is the new device's.
  [[nodiscard]] Device cpu_instead(const std::string& reason, const std::string& notice) const;
  /// Key and value, in order: device, why it was chosen ("chosen": "cpu, because …"), threads, then what the backend
  /// says of processor, libraries and math mode; beside a GPU also the host's processor. Goes into every result.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> describe() const;
  [[nodiscard]] Backend& backend() const noexcept { return *backend_; }

 private:
  std::shared_ptr<Backend> backend_;
  DeviceChoice choice_ = DeviceChoice::automatic;
  std::string chosen_;  ///< "cuda:0, because …"
  std::string notice_;
};

/// A CUDA device of this machine, whether it can be used or not.
struct CudaDevice {
  std::string name;   ///< what --device takes: "cuda:0"
  std::string model;  ///< "NVIDIA H100 80GB HBM3"
  int major = 0;      ///< compute capability major.minor
  int minor = 0;
  std::int64_t memory = 0;       ///< bytes in all
  std::int64_t memory_free = 0;  ///< bytes that can be had now
  std::string obstacle;          ///< why it cannot be used; empty: it can
};

struct CudaSurvey {
  std::vector<CudaDevice> devices;                            ///< by number
  std::vector<std::pair<std::string, std::string>> versions;  ///< of the driver and of each library, as far as known
  std::string obstacle;                                       ///< why there is no device; empty if there is one
  bool broken = false;                                        ///< the obstacle can be mended: it is more than no GPU
};

/// What CUDA has on this machine. Throws nothing of its own. Cost: a context on every device, some tenths of a second.
EIGENLENS_API CudaSurvey survey_cuda();

}  // namespace eigenlens
