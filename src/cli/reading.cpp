// SPDX-License-Identifier: Apache-2.0
#include "reading.hpp"

#include <fmt/format.h>

#include <utility>

#include "eigenlens/error.hpp"
#include "interrupt.hpp"
#include "progress_bar.hpp"

namespace eigenlens::cli {

std::unique_ptr<Dataset> open_source(const std::string& path, const DataOptions& source, const WorkOptions& work) {
  OpenOptions options = source.open;
  options.threads = work.device.threads;
  return open_dataset(path, options);
}

Reading read_moments(std::unique_ptr<Dataset> dataset, const Device& device, Verbosity verbosity) {
  const auto ahead = prefetch(std::move(dataset));
  Reading reading;
  {
    ProgressBar bar(verbosity);
    reading.moments = accumulate(*ahead, device, bar.callback());
  }
  stop_if_interrupted();
  reading.skipped = ahead->skipped();
  if (reading.skipped.empty()) return reading;
  const std::string summary = fmt::format("{} of {} files skipped", reading.skipped.size(), ahead->info().count);
  reading.moments.dataset += fmt::format(" ({})", summary);
  note(verbosity, summary + ":");
  for (const SkippedFile& file : reading.skipped) note(verbosity, "  " + file.reason);
  return reading;
}

void stop_if_interrupted() {
  if (interrupt_signal() != 0) throw Error(ErrorCode::cancelled, "stopped by a signal");
}

}  // namespace eigenlens::cli
