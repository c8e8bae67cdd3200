// SPDX-License-Identifier: Apache-2.0
/// \file
/// From an open data set to its moments, with progress.
#pragma once

#include <memory>
#include <string>

#include "console.hpp"
#include "eigenlens/dataset.hpp"
#include "eigenlens/device.hpp"
#include "eigenlens/moments.hpp"
#include "eigenlens/sweep.hpp"

namespace eigenlens::cli {

/// Moments that were read just now.
struct ReadMoments {
  Moments moments;
  std::string device;  ///< what added them up: "cpu" or "cuda:0"
};

/// Shows the plan of an accumulation and a change of device on stderr, and throws Error(memory) if it does not fit.
void require_moments_memory(const DatasetInfo& info, std::int64_t batch, const Device& device, Verbosity verbosity);

/// Reads the whole set once, one batch ahead. Error(cancelled) after an interrupt.
ReadMoments read_moments(std::unique_ptr<Dataset> dataset, const Device& device, Verbosity verbosity);

/// Error(cancelled) if an interrupt came: before something is written, so that nothing comes out of a stopped run.
void stop_if_interrupted();

}  // namespace eigenlens::cli
