// SPDX-License-Identifier: Apache-2.0
/// \file
/// How far alignment would move with other samples of the same kind: the delete-one-shard jackknife (docs/math.md,
/// (91) to (94)). Moments are additive, so a data set in S shards costs one pass, and S + 1 sweeps.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "eigenlens/dataset.hpp"
#include "eigenlens/device.hpp"
#include "eigenlens/export.hpp"
#include "eigenlens/moments.hpp"
#include "eigenlens/pretext.hpp"
#include "eigenlens/sweep.hpp"

namespace eigenlens {

/// Largest number of shards; more gain nothing over the noise of a variance estimated from so many.
inline constexpr std::int64_t most_shards = 100;

/// The data set read once, in `shards` sets of moments. Of every `shards` samples in a row each goes to another shard,
/// in an order drawn anew (fixed seed): a data set that is sorted by class, or in which the classes take turns, is
/// fine. The shards differ by one sample at most. Cost: that of accumulate(), and a copy of every sample. Memory: see
/// plan_shards. Errors: those of accumulate(); usage (shards outside [2, most_shards]), data (fewer samples).
EIGENLENS_API std::vector<Moments> accumulate_shards(Dataset& dataset, std::int64_t shards, const Device& device,
                                                     const Progress& progress = {});
EIGENLENS_API MemoryPlan plan_shards(const DatasetInfo& info, std::int64_t batch, std::int64_t shards,
                                     const Device& device);

/// Shards that the caller holds, wherever: none is copied.
using ShardPointers = std::vector<const Moments*>;
EIGENLENS_API ShardPointers pointers_to(const std::vector<Moments>& shards);

/// The moments of all shards.
EIGENLENS_API Moments sum_of(const ShardPointers& shards);
EIGENLENS_API Moments sum_of(const std::vector<Moments>& shards);

/// Refuses what no jackknife can be made of; headers (load_moments_header) are enough. `names` are for the messages,
/// one a shard; empty: "shard 1". Errors: usage (fewer than two, shapes or arithmetic that differ), data (an empty
/// shard, a class that one shard has alone).
EIGENLENS_API void check_shards(const ShardPointers& shards, const std::vector<std::string>& names = {});
EIGENLENS_API void check_shards(const std::vector<Moments>& shards, const std::vector<std::string>& names = {});

/// sweep() of the sum of all shards, with Curve::sampling from the sums that lack one shard each ((91) to (94)). The
/// gain is over the first `reconstruct` of the pretexts. `options.largest_k` is about the sum of all. Cost: S + 1
/// sweeps; sums without a shard are exact where moments are. Errors: check_shards, sweep.
EIGENLENS_API SweepResult jackknife(const ShardPointers& shards, const std::vector<Pretext>& pretexts,
                                    const Device& device, const SweepOptions& options = {});
EIGENLENS_API SweepResult jackknife(const std::vector<Moments>& shards, const std::vector<Pretext>& pretexts,
                                    const Device& device, const SweepOptions& options = {});
/// With the shards themselves, which the caller holds.
EIGENLENS_API MemoryPlan plan_jackknife(const ImageShape& shape, std::int64_t classes, std::int64_t shards,
                                        const std::vector<Pretext>& pretexts, SolveMode mode, const Device& device,
                                        Outcome outcome = Outcome::curves);

/// t with P(|T| ≤ t) = 0.95 for Student's T of this many degrees of freedom, to about 1e-12; at least one.
EIGENLENS_API double student_95(std::int64_t degrees);

}  // namespace eigenlens
