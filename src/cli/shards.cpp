// SPDX-License-Identifier: Apache-2.0
#include "shards.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <utility>

#include "eigenlens/error.hpp"
#include "eigenlens/jackknife.hpp"
#include "progress_bar.hpp"

namespace eigenlens::cli {
namespace {

/// Throws Error(memory); says what the shards and the sweeps of them take.
void require_jackknife_memory(const SweepRequest& request, const ImageShape& shape, std::int64_t classes,
                              std::int64_t shards, const Device& wanted) {
  const Device device = suited(wanted, shape, classes, request.pretexts, request.mode, request.outcome);
  note_change(wanted, device, request.work.verbosity);
  require_memory(plan_jackknife(shape, classes, shards, request.pretexts, request.mode, device), device,
                 "the jackknife", request.work.verbosity);
}

std::vector<Moments> load_files(const SweepRequest& request, const std::vector<std::string>& files,
                                const Device& device) {
  std::vector<Moments> headers;
  for (const std::string& file : files) headers.push_back(load_moments_header(file));
  if (files.size() > 1) check_shards(headers, files);
  require_shape(request, headers.front().shape);
  std::int64_t classes = 0;
  for (const Moments& header : headers) classes = std::max(classes, header.classes());
  require_jackknife_memory(request, headers.front().shape, classes, static_cast<std::int64_t>(files.size()), device);
  std::vector<Moments> shards;
  for (const std::string& file : files) {
    stop_if_interrupted();
    shards.push_back(load_moments(file));
  }
  return shards;
}

std::vector<Moments> deal_out(const SweepRequest& request, std::int64_t count, const Device& wanted,
                              ObtainedMoments& origin) {
  auto dataset = open_source(request.data, request.source, request.work);
  const DatasetInfo info = dataset->info();
  require_shape(request, info.shape);
  const Device device = suited(wanted, info, request.source.open.batch);
  note_change(wanted, device, request.work.verbosity);
  require_memory(plan_shards(info, request.source.open.batch, count, device), device, "reading the shards",
                 request.work.verbosity);
  require_jackknife_memory(request, info.shape, info.classes, count, wanted);
  ShardReading read = read_shards(std::move(dataset), count, device, request.work.verbosity);
  origin = {{{}, std::move(read.facts)}, {}};
  return std::move(read.shards);
}

}  // namespace

void add_shard_options(CLI::App& command, ShardOptions& options) {
  command
      .add_option("DATA", options.data,
                  "Data set (a directory, or a file of images), or a moments file; with --jackknife also several "
                  "moments files")
      ->required();
  options.flag = command
                     .add_option("--jackknife", options.wanted,
                                 "Standard errors of the alignment: S shards of the data set, left out one at a time")
                     ->type_name("[S]")
                     ->expected(0, 1);
}

std::int64_t shards_wanted(const ShardOptions& options, std::int64_t fallback) {
  if (options.wanted.empty()) return fallback;
  std::int64_t shards = 0;
  const char* end = options.wanted.data() + options.wanted.size();
  const auto [stop, error] = std::from_chars(options.wanted.data(), end, shards);
  if (error != std::errc() || stop != end || shards < 2 || shards > most_shards)
    throw Error(ErrorCode::usage,
                fmt::format("--jackknife {}: expected a number of shards from 2 to {}", options.wanted, most_shards));
  return shards;
}

void require_inputs(const ShardOptions& options, const DataOptions& source) {
  const std::vector<std::string>& data = options.data;
  if (data.size() == 1) {
    if (options.given() && is_moments_input(data.front(), source))
      throw Error(
          ErrorCode::usage,
          fmt::format("{} is one moments file, which cannot be taken apart again: --jackknife needs the data set, "
                      "or moments files of several parts of it",
                      data.front()));
    return;
  }
  for (std::size_t i = 0; i < data.size(); ++i) {
    if (!is_moments_input(data[i], source))
      throw Error(ErrorCode::usage,
                  fmt::format("{} is not a moments file: several inputs are the shards of --jackknife, "
                              "and each must be a file that eigenlens moments wrote",
                              data[i]));
    for (std::size_t j = 0; j < i; ++j) {
      std::error_code absent;
      if (std::filesystem::equivalent(data[i], data[j], absent))
        throw Error(ErrorCode::usage,
                    fmt::format("{} and {} are the same file: its samples would count twice", data[j], data[i]));
    }
  }
  if (!options.wanted.empty() && shards_wanted(options, 0) != static_cast<std::int64_t>(data.size()))
    throw Error(ErrorCode::usage, fmt::format("--jackknife {} with {} moments files: each file is a shard; leave the "
                                              "number out",
                                              options.wanted, data.size()));
}

ObtainedShards obtain_shards(const SweepRequest& request, const ShardOptions& options, std::int64_t count,
                             const Device& device) {
  ObtainedShards obtained;
  if (is_moments_input(options.data.front(), request.source))
    obtained.shards = load_files(request, options.data, device);
  else
    obtained.shards = deal_out(request, count, device, obtained.origin);
  return obtained;
}

}  // namespace eigenlens::cli
