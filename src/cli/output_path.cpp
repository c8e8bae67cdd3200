// SPDX-License-Identifier: Apache-2.0
#include "output_path.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "eigenlens/error.hpp"

namespace eigenlens::cli {
namespace {

namespace fs = std::filesystem;

fs::path directory_of(const fs::path& path) { return path.has_parent_path() ? path.parent_path() : fs::path("."); }

void require_writable(const std::string& path) {
  const auto refuse = [&path](const std::string& reason) {
    throw Error(ErrorCode::io, fmt::format("cannot write {}: {}", path, reason));
  };
  std::error_code error;
  if (!fs::path(path).has_filename()) refuse("this is not a file name");
  const fs::path directory = directory_of(path);
  if (!fs::exists(directory, error)) refuse(fmt::format("the directory {} does not exist", directory.string()));
  if (!fs::is_directory(directory, error)) refuse(fmt::format("{} is not a directory", directory.string()));
  const auto status = fs::status(path, error);
  if (fs::is_directory(status)) refuse("it is a directory");
  if (fs::exists(status) && !fs::is_regular_file(status)) refuse("it is not a regular file");
  // Results are written beside their target and renamed, so the directory has to take a new file.
  if (access(directory.c_str(), W_OK | X_OK) != 0) refuse(std::strerror(errno));
}

/// The same file by whatever name, also if it is not there yet.
std::string identity(const std::string& path) {
  std::error_code error;
  const fs::path canonical = fs::weakly_canonical(fs::absolute(path, error), error);
  return error ? path : canonical.string();
}

/// Whether the output is there already, in a folder that is read, and may be one of the files that are read. Results
/// of an earlier run, by their endings, are not.
bool may_be_input(const std::string& output, const std::string& input) {
  std::error_code error;
  if (!fs::is_directory(input, error) || !fs::exists(output, error)) return false;
  const std::string ending = fs::path(output).extension().string();
  if (ending == ".json" || ending == ".csv" || ending == ".svg" || ending == ".safetensors") return false;
  return identity(output).starts_with(identity(input) + "/");
}

}  // namespace

void require_writable(const std::vector<std::string>& outputs, const std::vector<std::string>& inputs) {
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    require_writable(outputs[i]);
    for (const auto& input : inputs) {
      if (identity(input) == identity(outputs[i])) {
        throw Error(ErrorCode::usage, fmt::format("{} is an input and would be overwritten", outputs[i]));
      }
      if (may_be_input(outputs[i], input))
        throw Error(ErrorCode::usage,
                    fmt::format("{} is there already, in the data set {}: it would be overwritten", outputs[i], input));
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (identity(outputs[j]) == identity(outputs[i])) {
        throw Error(ErrorCode::usage, fmt::format("{} is named twice as an output", outputs[i]));
      }
    }
  }
}

void require_free_folder(const std::string& option, const std::string& path) {
  const std::filesystem::path folder(path);
  std::error_code ignored;
  if (std::filesystem::exists(folder, ignored) && !std::filesystem::is_directory(folder, ignored))
    throw Error(ErrorCode::io, fmt::format("{} {}: a file is in the folder's place", option, path));
  if (std::filesystem::is_directory(folder, ignored) && !std::filesystem::is_empty(folder, ignored))
    throw Error(ErrorCode::usage,
                fmt::format("{} {} is not empty: name a folder that is, or one that is not there yet", option, path));
  const std::filesystem::path parent = std::filesystem::absolute(folder, ignored).parent_path();
  if (!std::filesystem::is_directory(parent, ignored))
    throw Error(ErrorCode::io, fmt::format("{} {}: there is no folder {}", option, path, parent.string()));
}

}  // namespace eigenlens::cli
