// SPDX-License-Identifier: Apache-2.0
/// \file
/// Progress and cancellation of long work.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace eigenlens {

struct ProgressEvent {
  std::string_view stage;  ///< "reading", "PCA", "mask:patch=4", ...
  std::int64_t done = 0;   ///< units finished
  std::int64_t total = 0;  ///< units in all; 0 if unknown
  std::string_view unit;   ///< "images", "curves", ...
};

/// Called from the thread that called the library. Returning false stops the work: Error(cancelled).
using Progress = std::function<bool(const ProgressEvent&)>;

}  // namespace eigenlens
