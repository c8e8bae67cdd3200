// SPDX-License-Identifier: Apache-2.0
#include "data/staged_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "data/atomic_file.hpp"
#include "eigenlens/error.hpp"

namespace eigenlens {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void fail(const char* doing, const std::string& path, const std::string& reason) {
  throw Error(ErrorCode::io, fmt::format("cannot {} {}: {}", doing, path, reason));
}

/// "a/b" of "a/b/", so that a name can be put behind it.
std::string without_slash(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

void make_folders(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) fail("make the folder", path.string(), error.message());
}

/// Makes a new folder beside the target.
std::string make_folder_beside(const std::string& target) {
  for (int attempt = 0; attempt < 100; ++attempt) {
    std::string folder = name_beside(target);
    if (::mkdir(folder.c_str(), 0777) == 0) return folder;
    if (errno != EEXIST) break;
  }
  fail("make a folder beside", target, std::strerror(errno));
}

}  // namespace

void require_free_folder(const std::string& target) {
  if (target.empty()) throw Error(ErrorCode::usage, "the name of the folder to write is empty");
  std::error_code error;
  const fs::file_status status = fs::status(target, error);
  if (status.type() == fs::file_type::not_found) return;
  if (error) fail("look at", target, error.message());
  if (!fs::is_directory(status))
    throw Error(ErrorCode::usage, fmt::format("{} is not a folder: name one that is empty or not there yet", target));
  const bool empty = fs::is_empty(target, error);
  if (error) fail("look into", target, error.message());
  if (!empty)
    throw Error(ErrorCode::usage,
                fmt::format("{} is not empty: name a folder that is, or one that is not there yet", target));
}

StagedFolder::StagedFolder(std::string target) : target_(without_slash(std::move(target))) {
  require_free_folder(target_);
  const fs::path parent = fs::path(target_).parent_path();
  if (!parent.empty()) make_folders(parent);
  staging_ = make_folder_beside(target_);
}

StagedFolder::~StagedFolder() {
  if (staging_.empty()) return;
  std::error_code ignored;
  fs::remove_all(staging_, ignored);
}

void StagedFolder::write(const std::string& name, std::string_view bytes) const {
  const fs::path path = fs::path(staging_) / name;
  make_folders(path.parent_path());
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (file < 0) fail("write", path.string(), std::strerror(errno));
  int error = 0;
  while (!bytes.empty() && error == 0) {
    const ssize_t done = ::write(file, bytes.data(), bytes.size());
    if (done < 0 && errno != EINTR) error = errno;
    if (done > 0) bytes.remove_prefix(static_cast<std::size_t>(done));
  }
  if (::close(file) != 0 && errno != EINTR && error == 0) error = errno;
  if (error != 0) fail("write", path.string(), std::strerror(error));
}

void StagedFolder::commit() {
  const int folder = ::open(staging_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) fail("open", staging_, std::strerror(errno));
  const int synced = ::syncfs(folder);  // one call for thousands of small files
  const int error = errno;
  ::close(folder);
  if (synced != 0) fail("write", staging_, std::strerror(error));
  if (::rename(staging_.c_str(), target_.c_str()) != 0)
    fail("move the finished folder to", target_, std::strerror(errno));
  staging_.clear();
}

}  // namespace eigenlens
