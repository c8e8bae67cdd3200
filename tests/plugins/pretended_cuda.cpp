// SPDX-License-Identifier: Apache-2.0
// A libeigenlens_cuda without CUDA, for the tests of how it is found and what is said of it. The environment variable
// EIGENLENS_PRETEND says what is the matter.
#include <cstdlib>
#include <string>

#include "backend/plugin.hpp"
#include "eigenlens/error.hpp"
#include "eigenlens/export.hpp"
#include "support/forwarding_backend.hpp"

namespace eigenlens::test {
namespace {

constexpr std::int64_t gibibyte = std::int64_t{1} << 30;

std::string pretend() {
  const char* text = std::getenv("EIGENLENS_PRETEND");
  return text ? text : "";
}

/// cuda:0 is old; cuda:1 and cuda:2 can be used.
CudaSurvey survey() {
  CudaSurvey found;
  found.versions = {{"cuda_driver", "CUDA 13.0 (580.65.06)"}, {"cuda_runtime", "13.0"}};
  if (pretend() == "no driver") {
    found.obstacle = "this machine has no NVIDIA driver";
    return found;
  }
  if (pretend() == "old driver") {
    found.obstacle = "the NVIDIA driver is too old";
    found.broken = true;
    return found;
  }
  found.devices = {{"cuda:0", "Old", 7, 5, 2 * gibibyte, 0, "compute capability 7.5 is too old, 8.0 is needed"},
                   {"cuda:1", "New", 9, 0, 4 * gibibyte, 0, ""},
                   {"cuda:2", "Newer", 9, 0, 8 * gibibyte, 0, ""}};
  return found;
}

std::int64_t free_memory(int ordinal) { return pretend() == "silent" ? -1 : ordinal * gibibyte; }

Backend* open(int ordinal, int threads, std::int64_t host_memory) {
  if (pretend() == "broken") throw Error(ErrorCode::device, "cusolverDnCreate failed");
  if (pretend() == "half broken" && ordinal == 1) throw Error(ErrorCode::memory, "no device memory");
  return new ForwardingBackend({.threads = threads,
                                .host_memory = host_memory,
                                .device_memory = pretend() == "full" ? gibibyte / 64 : ordinal * gibibyte,
                                .largest_order = pretend() == "small" ? 3 : 100'000,
                                .label = "cuda:" + std::to_string(ordinal)});
}

}  // namespace
}  // namespace eigenlens::test

extern "C" EIGENLENS_API const eigenlens::CudaPlugin* eigenlens_cuda_plugin();

const eigenlens::CudaPlugin* eigenlens_cuda_plugin() {
  using namespace eigenlens;
  static CudaPlugin plugin;
  plugin = {plugin_interface_number, plugin_build, test::survey, test::free_memory, test::open};
  if (test::pretend() == "interface") ++plugin.interface_number;
  if (test::pretend() == "build") plugin.build = "0.0.9 (git abacus)";
  return &plugin;
}
