// SPDX-License-Identifier: Apache-2.0
#include "eigenlens/reading.hpp"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "eigenlens/error.hpp"
#include "eigenlens/jackknife.hpp"

namespace eigenlens {
namespace {

/// Since it was made, and then what the data set says.
class Watch {
 public:
  [[nodiscard]] ReadingFacts facts(std::string device, const Dataset& dataset) const {
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    return {std::move(device), seconds, dataset.skipped()};
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// What the data set's name says of files that were left out.
std::string remark(const ReadingFacts& facts, const Dataset& dataset) {
  return facts.skipped.empty() ? "" : fmt::format(" ({})", skipped_summary(facts, dataset.info()));
}

}  // namespace

void require_memory(const MemoryPlan& plan) {
  if (!plan.fits()) throw Error(ErrorCode::memory, plan.text);
}

void add_reading(const ReadingFacts& reading, ResultFacts& facts) {
  if (!reading.device.empty()) {
    facts.device.emplace_back("moments_device", reading.device);
    facts.timings.insert(facts.timings.begin(), {"reading and moments", reading.seconds});
  }
  std::string names;
  for (const SkippedFile& file : reading.skipped) names += (names.empty() ? "" : "\n") + file.path;
  if (!names.empty()) facts.device.emplace_back("skipped", names);
}

std::string skipped_summary(const ReadingFacts& reading, const DatasetInfo& info) {
  if (reading.skipped.empty()) return {};
  return fmt::format("{} of {} files skipped", reading.skipped.size(), info.count);
}

Reading read_moments(Dataset& dataset, const Device& device, const Progress& progress) {
  const Watch watch;
  require_memory(plan_moments(dataset.info(), 0, suited(device, dataset.info(), 0)));
  MomentsAccumulator sums(device, dataset.info());
  Reading reading;
  reading.moments = accumulate(dataset, sums, progress);
  reading.facts = watch.facts(sums.device().label(), dataset);
  reading.moments.dataset += remark(reading.facts, dataset);
  return reading;
}

ShardReading read_shards(Dataset& dataset, std::int64_t shards, const Device& device, const Progress& progress) {
  const Watch watch;
  const Device taken = suited(device, dataset.info(), 0);
  require_memory(plan_shards(dataset.info(), 0, shards, taken));
  ShardReading reading;
  reading.shards = accumulate_shards(dataset, shards, device, progress);
  reading.facts = watch.facts(taken.label(), dataset);
  for (Moments& shard : reading.shards) shard.dataset += remark(reading.facts, dataset);
  return reading;
}

DualReading read_dual_moments(Dataset& dataset, const std::vector<Pretext>& pretexts, const Device& device,
                              const Progress& progress) {
  const Watch watch;
  DualReading reading;
  reading.moments = accumulate_dual(dataset, pretexts, device, progress);
  reading.facts = watch.facts(suited_dual(device, dataset.info(), pretexts).label(), dataset);
  reading.moments.dataset += remark(reading.facts, dataset);
  return reading;
}

}  // namespace eigenlens
