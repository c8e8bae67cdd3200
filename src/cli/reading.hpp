// SPDX-License-Identifier: Apache-2.0
/// \file
/// From an open data set to its moments, with progress.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "console.hpp"
#include "eigenlens/dataset.hpp"
#include "eigenlens/device.hpp"
#include "eigenlens/reading.hpp"
#include "options.hpp"

namespace eigenlens::cli {

/// Opens a data set that is decoded on the threads of the work options.
std::unique_ptr<Dataset> open_source(const std::string& path, const DataOptions& source, const WorkOptions& work);

/// Shows the plan of an accumulation and a change of device on stderr, and throws Error(memory) if it does not fit.
void require_moments_memory(const DatasetInfo& info, std::int64_t batch, const Device& device, Verbosity verbosity);
void require_dual_memory(const DatasetInfo& info, const std::vector<Pretext>& pretexts, const Device& device,
                         Verbosity verbosity);

/// Reads the whole set once, one batch ahead, and lists skipped files on stderr. Error(cancelled) after an interrupt.
Reading read_moments(std::unique_ptr<Dataset> dataset, const Device& device, Verbosity verbosity);
/// The same, dealt out to shards (jackknife.hpp).
ShardReading read_shards(std::unique_ptr<Dataset> dataset, std::int64_t shards, const Device& device,
                         Verbosity verbosity);
/// The same in the dual form.
DualReading read_dual_moments(std::unique_ptr<Dataset> dataset, const std::vector<Pretext>& pretexts,
                              const Device& device, Verbosity verbosity);

/// Error(cancelled) if an interrupt came: before something is written, so that nothing comes out of a stopped run.
void stop_if_interrupted();

}  // namespace eigenlens::cli
