// SPDX-License-Identifier: Apache-2.0
#include "reading.hpp"

#include <fmt/format.h>

#include <utility>

#include "eigenlens/error.hpp"
#include "eigenlens/jackknife.hpp"
#include "interrupt.hpp"
#include "options.hpp"
#include "progress_bar.hpp"

namespace eigenlens::cli {
namespace {

/// Lists what was left out on stderr; what the data set's name then says of it.
std::string note_skipped(const std::vector<SkippedFile>& skipped, std::int64_t total, Verbosity verbosity) {
  if (skipped.empty()) return {};
  const std::string summary = fmt::format("{} of {} files skipped", skipped.size(), total);
  note(verbosity, summary + ":");
  for (const SkippedFile& file : skipped) note(verbosity, "  " + file.reason);
  return fmt::format(" ({})", summary);
}

}  // namespace

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
  reading.moments.dataset += note_skipped(reading.skipped, ahead->info().count, verbosity);
  return reading;
}

ReadShards read_shards(std::unique_ptr<Dataset> dataset, std::int64_t shards, const Device& device,
                       Verbosity verbosity) {
  const auto ahead = prefetch(std::move(dataset));
  ReadShards reading;
  {
    ProgressBar bar(verbosity);
    reading.shards = accumulate_shards(*ahead, shards, device, bar.callback());
  }
  stop_if_interrupted();
  reading.skipped = ahead->skipped();
  const std::string remark = note_skipped(reading.skipped, ahead->info().count, verbosity);
  for (Moments& shard : reading.shards) shard.dataset += remark;
  return reading;
}

void require_moments_memory(const DatasetInfo& info, std::int64_t batch, const Device& device, Verbosity verbosity) {
  const Device taken = suited(device, info, batch);
  note_change(device, taken, verbosity);
  require_memory(plan_moments(info, batch, taken), taken, "accumulating the moments", verbosity);
}

void require_dual_memory(const DatasetInfo& info, const std::vector<Pretext>& pretexts, const Device& device,
                         Verbosity verbosity) {
  const Device taken = suited_dual(device, info, pretexts);
  note_change(device, taken, verbosity);
  require_memory(plan_dual_moments(info, pretexts, taken), taken, "the dual form", verbosity);
}

DualReading read_dual_moments(std::unique_ptr<Dataset> dataset, const std::vector<Pretext>& pretexts,
                              const Device& device, Verbosity verbosity) {
  const auto ahead = prefetch(std::move(dataset));
  DualReading reading;
  {
    ProgressBar bar(verbosity);
    reading.moments = accumulate_dual(*ahead, pretexts, device, bar.callback());
  }
  reading.device = suited_dual(device, ahead->info(), pretexts).label();
  stop_if_interrupted();
  reading.skipped = ahead->skipped();
  reading.moments.dataset += note_skipped(reading.skipped, ahead->info().count, verbosity);
  return reading;
}

void stop_if_interrupted() {
  if (interrupt_signal() != 0) throw Error(ErrorCode::cancelled, "stopped by a signal");
}

}  // namespace eigenlens::cli
