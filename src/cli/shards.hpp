// SPDX-License-Identifier: Apache-2.0
/// \file
/// The moments of a jackknife: a data set dealt out to shards while it is read, or moments files that are the shards.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "eigenlens/moments.hpp"
#include "obtain.hpp"

namespace eigenlens::cli {

/// DATA, once or several times, and --jackknife.
struct ShardOptions {
  std::vector<std::string> data;
  std::string wanted = {};  ///< of --jackknife: a number, or empty where none was typed
  const CLI::Option* flag = nullptr;

  [[nodiscard]] bool given() const { return flag && flag->count() > 0; }
};

/// DATA … and --jackknife [S].
void add_shard_options(CLI::App& command, ShardOptions& options);

/// Shards to deal a data set out to: what --jackknife says, or `fallback`. Error(usage) for anything but a number from
/// 2 to most_shards.
std::int64_t shards_wanted(const ShardOptions& options, std::int64_t fallback);

/// Refuses several inputs that are not all moments files, the same file twice, and another number than that of the
/// files. Nothing is read but the first bytes.
void require_inputs(const ShardOptions& options, const DataOptions& source);

struct ObtainedShards {
  std::vector<Moments> shards;
  ObtainedMoments origin;  ///< how they came about; without moments
};

/// The shards of request.data, or of all of options.data, with the refusals of obtain_moments; `count` is for a data
/// set.
ObtainedShards obtain_shards(const SweepRequest& request, const ShardOptions& options, std::int64_t count,
                             const Device& device);

}  // namespace eigenlens::cli
