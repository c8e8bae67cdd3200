// SPDX-License-Identifier: Apache-2.0
#include <fmt/chrono.h>

#include <chrono>

#include "eigenlens/report.hpp"
#include "eigenlens/version.hpp"

namespace eigenlens {

std::vector<std::pair<std::string, std::string>> provenance(
    const std::vector<std::pair<std::string, std::string>>& device) {
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::vector<std::pair<std::string, std::string>> pairs = {
      {"version", EIGENLENS_VERSION},
      {"git", EIGENLENS_GIT},
      {"time", fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(now))},
  };
  pairs.insert(pairs.end(), device.begin(), device.end());
  return pairs;
}

}  // namespace eigenlens
