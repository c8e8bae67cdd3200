// SPDX-License-Identifier: Apache-2.0
#include "reading.hpp"

#include <fmt/format.h>

#include <utility>

#include "eigenlens/error.hpp"
#include "interrupt.hpp"
#include "options.hpp"
#include "progress_bar.hpp"

namespace eigenlens::cli {
namespace {

/// Shows the progress of `read`, then lists on stderr what was left out.
template <class Read>
auto watched(std::unique_ptr<Dataset> dataset, Verbosity verbosity, const Read& read) {
  const auto ahead = prefetch(std::move(dataset));
  ProgressBar bar(verbosity);
  auto reading = read(*ahead, bar.callback());
  bar.clear();
  stop_if_interrupted();
  if (!reading.facts.skipped.empty()) note(verbosity, skipped_summary(reading.facts, ahead->info()) + ":");
  for (const SkippedFile& file : reading.facts.skipped) note(verbosity, "  " + file.reason);
  return reading;
}

}  // namespace

std::unique_ptr<Dataset> open_source(const std::string& path, const DataOptions& source, const WorkOptions& work) {
  OpenOptions options = source.open;
  options.threads = work.device.threads;
  return open_dataset(path, options);
}

Reading read_moments(std::unique_ptr<Dataset> dataset, const Device& device, Verbosity verbosity) {
  return watched(std::move(dataset), verbosity, [&](Dataset& ahead, const Progress& progress) {
    return eigenlens::read_moments(ahead, device, progress);
  });
}

ShardReading read_shards(std::unique_ptr<Dataset> dataset, std::int64_t shards, const Device& device,
                         Verbosity verbosity) {
  return watched(std::move(dataset), verbosity, [&](Dataset& ahead, const Progress& progress) {
    return eigenlens::read_shards(ahead, shards, device, progress);
  });
}

DualReading read_dual_moments(std::unique_ptr<Dataset> dataset, const std::vector<Pretext>& pretexts,
                              const Device& device, Verbosity verbosity) {
  return watched(std::move(dataset), verbosity, [&](Dataset& ahead, const Progress& progress) {
    return eigenlens::read_dual_moments(ahead, pretexts, device, progress);
  });
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

void stop_if_interrupted() {
  if (interrupt_signal() != 0) throw Error(ErrorCode::cancelled, "stopped by a signal");
}

}  // namespace eigenlens::cli
