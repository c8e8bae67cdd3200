// SPDX-License-Identifier: Apache-2.0
/// \file
/// From a data set to its moments, and what results say of that reading.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "eigenlens/dataset.hpp"
#include "eigenlens/device.hpp"
#include "eigenlens/dual_moments.hpp"
#include "eigenlens/export.hpp"
#include "eigenlens/moments.hpp"
#include "eigenlens/pretext.hpp"
#include "eigenlens/progress.hpp"
#include "eigenlens/sweep.hpp"

namespace eigenlens {

/// How moments came about.
struct ReadingFacts {
  std::string device;                ///< what added them up: "cpu" or "cuda:0"; empty: nothing is known
  double seconds = 0;                ///< reading the samples and adding them up
  std::vector<SkippedFile> skipped;  ///< the files that are not in them
};

/// Writes it into a result: `moments_device`, `skipped` and the first of the timings.
EIGENLENS_API void add_reading(const ReadingFacts& reading, ResultFacts& facts);

/// "3 of 1000 files skipped"; empty if none were.
EIGENLENS_API std::string skipped_summary(const ReadingFacts& reading, const DatasetInfo& info);

/// Moments that were read just now; their data set's name says how many files were left out.
struct Reading {
  Moments moments;
  ReadingFacts facts;
};
struct ShardReading {
  std::vector<Moments> shards;
  ReadingFacts facts;
};
struct DualReading {
  DualMoments moments;
  ReadingFacts facts;
};

/// accumulate(): the whole set once. Errors: its own; memory if the plan does not fit (of all three).
EIGENLENS_API Reading read_moments(Dataset& dataset, const Device& device, const Progress& progress = {});
/// accumulate_shards() of jackknife.hpp.
EIGENLENS_API ShardReading read_shards(Dataset& dataset, std::int64_t shards, const Device& device,
                                       const Progress& progress = {});
/// accumulate_dual(): the samples are held while their products are added up.
EIGENLENS_API DualReading read_dual_moments(Dataset& dataset, const std::vector<Pretext>& pretexts,
                                            const Device& device, const Progress& progress = {});

/// Error(memory) with the plan's text unless it fits.
EIGENLENS_API void require_memory(const MemoryPlan& plan);

}  // namespace eigenlens
