// SPDX-License-Identifier: Apache-2.0
#include "data/npy_pairs.hpp"

#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "data/directory.hpp"
#include "eigenlens/error.hpp"

namespace eigenlens {

namespace {

std::string labels_of(const std::string& directory, const NpyName& name, const OpenOptions& options) {
  if (!options.labels.empty()) return options.labels;
  std::string labels = join_path(directory, name.labels);
  if (is_file(labels)) return labels;
  throw Error(ErrorCode::io,
              fmt::format("{} has no labels: expected {} beside it", join_path(directory, name.images), labels));
}

}  // namespace

std::optional<NpyName> parse_npy_name(const std::string& name) {
  constexpr std::string_view ending = ".npy";
  if (!name.ends_with(ending)) return std::nullopt;
  const std::string stem = name.substr(0, name.size() - ending.size());
  for (const std::string_view noun : {"images", "embeddings"}) {
    if (stem == noun) return NpyName{name, "labels.npy", ""};
    const std::string tail = fmt::format("_{}", noun);
    if (!stem.ends_with(tail) || stem.size() == tail.size()) continue;
    const std::string split = stem.substr(0, stem.size() - tail.size());
    return NpyName{name, split + "_labels.npy", split};
  }
  if (stem == "x" || stem == "X") return NpyName{name, "y.npy", ""};
  if ((stem.starts_with("x_") || stem.starts_with("X_")) && stem.size() > 2) {
    return NpyName{name, "y" + name.substr(1), stem.substr(2)};
  }
  return std::nullopt;
}

bool names_npy(std::span<const std::string> names) {
  for (const std::string& name : names) {
    if (parse_npy_name(name)) return true;
  }
  return false;
}

NpyPair choose_npy_pair(const std::string& directory, const OpenOptions& options) {
  std::vector<NpyName> matching;
  std::vector<NpyName> unsplit;
  std::vector<std::string> present;
  for (const std::string& name : names_at(directory)) {
    const std::optional<NpyName> parsed = parse_npy_name(name);
    if (!parsed) continue;
    present.push_back(parsed->split.empty() ? name + " (no split)" : parsed->split);
    if (parsed->split == options.split) matching.push_back(*parsed);
    if (parsed->split.empty()) unsplit.push_back(*parsed);
  }
  if (present.empty()) {
    throw Error(ErrorCode::data,
                fmt::format("{} holds no .npy pair: expected {}_images.npy and {}_labels.npy, or x_{}.npy "
                            "and y_{}.npy, or X.npy and y.npy",
                            directory, options.split, options.split, options.split, options.split));
  }
  if (matching.empty() && options.split == "train") matching = unsplit;  // all there is
  if (matching.empty()) fail_split(directory, options.split, present);
  if (matching.size() > 1) {
    std::vector<std::string> images;
    for (const NpyName& one : matching) images.push_back(one.images);
    fail_several(directory, ".npy", images);
  }
  const NpyName& chosen = matching.front();
  return {directory_name(directory), chosen.split, join_path(directory, chosen.images),
          labels_of(directory, chosen, options)};
}

NpyPair npy_pair_of(const std::string& file, const OpenOptions& options) {
  const std::string name = name_of(file);
  const std::optional<NpyName> parsed = parse_npy_name(name);
  if (parsed) {
    const std::string directory = parent_of(file);
    return {directory_name(directory), parsed->split, file, labels_of(directory, *parsed, options)};
  }
  if (options.labels.empty()) {
    throw Error(ErrorCode::usage, fmt::format("{} does not tell where its labels are: name the labels file", file));
  }
  return {name.substr(0, name.rfind('.')), "", file, options.labels};
}

}  // namespace eigenlens
