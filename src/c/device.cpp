// SPDX-License-Identifier: Apache-2.0
#include "c/device.hpp"

#include <memory>
#include <string>

#include "c/guard.hpp"
#include "c/json_text.hpp"
#include "c/versions.hpp"

namespace eigenlens::c {
namespace {

/// For the caller's function, whose texts end in NUL.
Progress watched_by(eigenlens_progress callback, void* user_data) {
  if (!callback) return {};
  return [callback, user_data](const ProgressEvent& event) {
    const std::string stage(event.stage), unit(event.unit);
    return callback(user_data, stage.c_str(), event.done, event.total, unit.c_str()) == 0;
  };
}

Json survey_json(const CudaSurvey& survey) {
  Json devices = Json::array();
  for (const CudaDevice& device : survey.devices)
    devices.push_back({{"name", device.name},
                       {"model", device.model},
                       {"major", device.major},
                       {"minor", device.minor},
                       {"memory", device.memory},
                       {"memory_free", device.memory_free},
                       {"obstacle", device.obstacle}});
  Json versions = Json::object();
  for (const auto& [key, value] : survey.versions) versions[key] = value;
  return {{"devices", devices}, {"versions", versions}, {"obstacle", survey.obstacle}, {"broken", survey.broken}};
}

}  // namespace

Run run_of(const eigenlens_run* run) {
  const eigenlens_run given = versioned(run, eigenlens_run EIGENLENS_RUN_INIT, "run");
  return {given.device ? given.device->device : Device(), watched_by(given.progress, given.user_data)};
}

Progress progress_of(const eigenlens_run* run) {
  const eigenlens_run given = versioned(run, eigenlens_run EIGENLENS_RUN_INIT, "run");
  return watched_by(given.progress, given.user_data);
}

}  // namespace eigenlens::c

using namespace eigenlens::c;

eigenlens_status eigenlens_device_open(const eigenlens_device_options* options, eigenlens_device** device) {
  return guarded([&] {
    auto& out = required(device, "device");
    const auto given = versioned(options, eigenlens_device_options EIGENLENS_DEVICE_OPTIONS_INIT, "device options");
    const eigenlens::DeviceOptions defaults;
    out = std::make_unique<eigenlens_device>(
              eigenlens_device{eigenlens::Device(
                  {.name = text_or(given.name, defaults.name), .threads = given.threads, .memory = given.memory})})
              .release();
  });
}

eigenlens_status eigenlens_device_describe(const eigenlens_device* device, char** json) {
  return guarded([&] {
    auto& out = required(json, "json");
    const eigenlens::Device& it = required(device, "device").device;
    Json facts = Json::object();
    for (const auto& [key, value] : it.describe()) facts[key] = value;
    facts["notice"] = it.notice();
    facts["threads"] = it.threads();
    facts["memory_budget"] = it.memory_budget();
    out = given_out(facts);
  });
}

eigenlens_status eigenlens_cuda_survey(char** json) {
  return guarded([&] {
    auto& out = required(json, "json");
    out = given_out(survey_json(eigenlens::survey_cuda()));
  });
}

void eigenlens_device_close(eigenlens_device* device) { delete device; }
