// SPDX-License-Identifier: Apache-2.0
#include "eigenlens/device.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <exception>
#include <optional>
#include <string_view>
#include <utility>

#include "backend/backend.hpp"
#include "backend/cpu/cpu_backend.hpp"
#include "backend/plugin.hpp"
#include "eigenlens/error.hpp"
#include "host/processor.hpp"

namespace eigenlens {
namespace {

enum class Kind { automatic, cpu, first_cuda, cuda };

/// A device's name, understood, and who gave it.
struct Request {
  Kind kind = Kind::automatic;
  std::size_t ordinal = 0;  ///< of Kind::cuda
  std::string name;
  bool from_environment = false;

  [[nodiscard]] const char* origin() const {
    return from_environment ? "EIGENLENS_DEVICE says so" : "it was asked for";
  }
  /// What goes after the name in an error.
  [[nodiscard]] const char* culprit() const {
    return from_environment ? " (from EIGENLENS_DEVICE, which overrides auto)" : "";
  }
};

/// What opening a device came to.
struct Opened {
  std::shared_ptr<Backend> backend;
  DeviceChoice choice = DeviceChoice::forced;
  std::string chosen;
  std::string notice = {};
};

std::string because(const std::string& name, const std::string& reason) {
  return fmt::format("{}, because {}", name, reason);
}

/// N of "cuda:N"; nothing for any other text.
std::optional<std::size_t> ordinal_of(std::string_view name) {
  constexpr std::string_view prefix = "cuda:";
  if (!name.starts_with(prefix)) return std::nullopt;
  name.remove_prefix(prefix.size());
  std::size_t ordinal = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), ordinal);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return ordinal;
}

Request parse_request(const DeviceOptions& options) {
  Request request;
  request.name = options.name;
  const char* forced = std::getenv("EIGENLENS_DEVICE");
  if (options.name == "auto" && forced && *forced) {
    request.name = forced;
    request.from_environment = true;
  }
  if (request.name == "auto") return request;
  const auto ordinal = ordinal_of(request.name);
  if (request.name == "cpu") {
    request.kind = Kind::cpu;
  } else if (request.name == "cuda") {
    request.kind = Kind::first_cuda;
  } else if (ordinal) {
    request.kind = Kind::cuda;
    request.ordinal = *ordinal;
  } else {
    throw Error(ErrorCode::usage, fmt::format("'{}'{} is no device: expected auto, cpu, cuda or cuda:N, N = 0, 1, …",
                                              request.name, request.culprit()));
  }
  return request;
}

/// The machine's CUDA, and how its devices are opened.
class Cuda {
 public:
  explicit Cuda(const DeviceOptions& options) : options_(options), opened_(open_cuda_plugin()) {
    obstacle_ = opened_.obstacle;
    broken_ = opened_.broken;
    if (!opened_.plugin) return;
    survey_ = opened_.plugin->survey();
    obstacle_ = survey_.obstacle;
    broken_ = survey_.broken || !survey_.devices.empty();
  }

  /// Why there is no device at all; empty if there is one.
  [[nodiscard]] const std::string& obstacle() const { return obstacle_; }
  /// Whether that none can be used is more than that there is none.
  [[nodiscard]] bool broken() const { return broken_; }
  [[nodiscard]] const std::vector<CudaDevice>& devices() const { return survey_.devices; }

  [[nodiscard]] std::shared_ptr<Backend> open(std::size_t ordinal) const {
    return std::shared_ptr<Backend>(opened_.plugin->open(static_cast<int>(ordinal), options_.threads, options_.memory));
  }

 private:
  const DeviceOptions& options_;
  OpenedPlugin opened_;
  CudaSurvey survey_;
  std::string obstacle_;
  bool broken_ = false;
};

std::shared_ptr<Backend> open_cpu(const DeviceOptions& options) {
  return std::make_shared<CpuBackend>(options.threads, options.memory);
}

/// The first CUDA device that opens; without one the CPU, for whatever is wrong with CUDA is no error here.
Opened open_automatic(const DeviceOptions& options) {
  const Cuda cuda(options);
  std::string reasons = cuda.obstacle();
  const auto note = [&reasons](const std::string& name, const std::string& reason) {
    reasons += fmt::format("{}{}: {}", reasons.empty() ? "" : "; ", name, reason);
  };
  for (std::size_t i = 0; i < cuda.devices().size(); ++i) {
    const CudaDevice& device = cuda.devices()[i];
    if (!device.obstacle.empty()) {
      note(device.name, device.obstacle);
      continue;
    }
    try {
      const std::string reason = fmt::format("auto takes the first CUDA device that can be used{}",
                                             reasons.empty() ? "" : fmt::format(" ({})", reasons));
      return {cuda.open(i), DeviceChoice::automatic, because(device.name, reason)};
    } catch (const std::exception& error) {
      note(device.name, error.what());
    }
  }
  return {open_cpu(options), DeviceChoice::automatic, because("cpu", reasons), cuda.broken() ? reasons : ""};
}

std::string reason_of(const Request& request, const std::string& device) {
  if (request.kind != Kind::first_cuda) return request.origin();
  return fmt::format("{} and {} is the first that can be used",
                     request.from_environment ? "EIGENLENS_DEVICE says cuda" : "--device cuda was asked for", device);
}

Opened open_cuda(const Request& request, const DeviceOptions& options) {
  const auto unavailable = [&request](const std::string& reason) {
    return Error(ErrorCode::unavailable,
                 fmt::format("device '{}'{} is not available: {}", request.name, request.culprit(), reason));
  };
  const Cuda cuda(options);
  if (!cuda.obstacle().empty()) throw unavailable(cuda.obstacle());
  const std::vector<CudaDevice>& devices = cuda.devices();
  std::size_t ordinal = request.ordinal;
  if (request.kind == Kind::first_cuda) {
    const auto usable = [](const CudaDevice& device) { return device.obstacle.empty(); };
    ordinal = static_cast<std::size_t>(std::find_if(devices.begin(), devices.end(), usable) - devices.begin());
    if (ordinal == devices.size()) ordinal = 0;
  }
  if (ordinal >= devices.size())
    throw unavailable(devices.size() == 1 ? "this machine has one CUDA device, cuda:0"
                                          : fmt::format("this machine has {} CUDA devices, cuda:0 to cuda:{}",
                                                        devices.size(), devices.size() - 1));
  const CudaDevice& device = devices[ordinal];
  if (!device.obstacle.empty())
    throw unavailable(fmt::format("{} ({}): {}", device.name, device.model, device.obstacle));
  try {
    return {cuda.open(ordinal), DeviceChoice::forced, because(device.name, reason_of(request, device.name))};
  } catch (const Error& error) {
    if (!request.from_environment) throw;
    throw Error(error.code(), fmt::format("{} (EIGENLENS_DEVICE says {})", error.what(), request.name));
  }
}

Opened open_requested(DeviceOptions options) {
  if (options.threads < 0)
    throw Error(ErrorCode::usage, fmt::format("{} threads: expected at least 1, or 0 for all", options.threads));
  if (options.memory < 0)
    throw Error(ErrorCode::usage, fmt::format("a memory budget of {} bytes: expected more than 0", options.memory));
  if (options.threads == 0) options.threads = available_threads();
  if (options.memory == 0) options.memory = available_memory();
  const Request request = parse_request(options);
  if (request.kind == Kind::automatic) return open_automatic(options);
  if (request.kind == Kind::cpu) return {open_cpu(options), DeviceChoice::forced, because("cpu", request.origin())};
  return open_cuda(request, options);
}

}  // namespace

Device::Device(const DeviceOptions& options) {
  Opened opened = open_requested(options);
  backend_ = std::move(opened.backend);
  choice_ = opened.choice;
  chosen_ = std::move(opened.chosen);
  notice_ = std::move(opened.notice);
}

Device::Device(std::shared_ptr<Backend> backend, DeviceChoice choice, const std::string& reason)
    : backend_(std::move(backend)), choice_(choice), chosen_(because(label(), reason)) {}

std::string Device::name() const { return backend_->name(); }
std::string Device::label() const {
  if (name() == "cpu") return name();
  for (const auto& [key, value] : backend_->describe())
    if (key == "device") return value;
  return name();
}
int Device::threads() const { return backend_->threads(); }
std::int64_t Device::memory_budget() const { return backend_->memory_budget(); }

std::vector<std::pair<std::string, std::string>> Device::describe() const {
  std::vector<std::pair<std::string, std::string>> lines = {
      {"device", name()}, {"chosen", chosen_}, {"threads", std::to_string(threads())}};
  for (auto& line : backend_->describe()) {
    if (line.first == "device")
      lines.front() = std::move(line);  // "cuda:0"
    else if (line.first != "threads")
      lines.push_back(std::move(line));
  }
  if (name() != "cpu") lines.emplace_back("host_processor", processor_name());
  return lines;
}

Device Device::cpu_instead(const std::string& reason, const std::string& notice) const {
  Device cpu(std::make_shared<CpuBackend>(threads(), memory_budget()), DeviceChoice::automatic, reason);
  cpu.notice_ = notice;
  return cpu;
}

CudaSurvey survey_cuda() {
  const OpenedPlugin opened = open_cuda_plugin();
  CudaSurvey survey;
  if (!opened.plugin) {
    survey.obstacle = opened.obstacle;
    survey.broken = opened.broken;
    return survey;
  }
  survey = opened.plugin->survey();
  survey.versions.insert(survey.versions.begin(), {"cuda_part", opened.path});
  for (std::size_t i = 0; i < survey.devices.size(); ++i) {
    const std::int64_t free = opened.plugin->free_memory(static_cast<int>(i));
    survey.devices[i].memory_free = std::max<std::int64_t>(free, 0);
    if (free < 0 && survey.devices[i].obstacle.empty()) survey.devices[i].obstacle = "it does not answer";
  }
  return survey;
}

}  // namespace eigenlens
