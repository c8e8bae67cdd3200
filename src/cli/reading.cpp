// SPDX-License-Identifier: Apache-2.0
#include "reading.hpp"

#include <fmt/format.h>

#include <utility>

#include "eigenlens/error.hpp"
#include "interrupt.hpp"
#include "options.hpp"
#include "progress_bar.hpp"

namespace eigenlens::cli {

std::unique_ptr<Dataset> open_source(const std::string& path, const DataOptions& source, const WorkOptions& work) {
  OpenOptions options = source.open;
  options.threads = work.device.threads;
  return open_dataset(path, options);
}

Reading read_moments(std::unique_ptr<Dataset> dataset, const Device& device, Verbosity verbosity) {
  const auto ahead = prefetch(std::move(dataset));
  MomentsAccumulator sums(device, ahead->info());
  Reading reading;
  {
    ProgressBar bar(verbosity);
    reading.moments = accumulate(*ahead, sums, bar.callback());
  }
  reading.device = sums.device().label();
  stop_if_interrupted();
  reading.skipped = ahead->skipped();
  if (reading.skipped.empty()) return reading;
  const std::string summary = fmt::format("{} of {} files skipped", reading.skipped.size(), ahead->info().count);
  reading.moments.dataset += fmt::format(" ({})", summary);
  note(verbosity, summary + ":");
  for (const SkippedFile& file : reading.skipped) note(verbosity, "  " + file.reason);
  return reading;
}

void require_moments_memory(const DatasetInfo& info, std::int64_t batch, const Device& device, Verbosity verbosity) {
  const Device taken = suited(device, info, batch);
  note_change(device, taken, verbosity);
  require_memory(plan_moments(info, batch, taken), taken, "accumulating the moments", verbosity);
}

void stop_if_interrupted() {
  if (interrupt_signal() != 0) throw Error(ErrorCode::cancelled, "stopped by a signal");
}

}  // namespace eigenlens::cli
