// SPDX-License-Identifier: Apache-2.0
#include "data/directory.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>

#include "eigenlens/error.hpp"

namespace eigenlens {

namespace fs = std::filesystem;

bool is_directory(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) {
    throw Error(ErrorCode::io, fmt::format("cannot open {}: there is no such file or directory", path));
  }
  if (error) throw Error(ErrorCode::io, fmt::format("cannot open {}: {}", path, error.message()));
  return fs::is_directory(status);
}

bool is_file(const std::string& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

std::vector<std::string> names_at(const std::string& path) {
  if (!is_directory(path)) return {name_of(path)};
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator at(path, error), end; !error && at != end; at.increment(error)) {
    names.push_back(at->path().filename().string());
  }
  if (error) throw Error(ErrorCode::io, fmt::format("cannot list {}: {}", path, error.message()));
  std::sort(names.begin(), names.end());
  return names;
}

std::string join_path(const std::string& directory, const std::string& name) {
  return (fs::path(directory) / name).string();
}

std::string parent_of(const std::string& path) {
  const std::string parent = fs::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

std::string name_of(const std::string& path) { return fs::path(path).filename().string(); }

std::string directory_name(const std::string& path) {
  std::error_code error;
  fs::path absolute = fs::weakly_canonical(path, error);
  if (error) absolute = fs::path(path).lexically_normal();
  if (!absolute.has_filename()) absolute = absolute.parent_path();
  return absolute.filename().string();
}

void fail_split(const std::string& path, const std::string& split, std::span<const std::string> present) {
  const std::set<std::string> sorted(present.begin(), present.end());
  throw Error(ErrorCode::usage, fmt::format("{} has no split '{}': there is {}", path, split, fmt::join(sorted, ", ")));
}

void fail_several(const std::string& path, const std::string& format, std::span<const std::string> images) {
  throw Error(ErrorCode::usage,
              fmt::format("{} holds {} {} data sets ({}): name one images file, for example {}", path, images.size(),
                          format, fmt::join(images, ", "), join_path(path, images.front())));
}

}  // namespace eigenlens
