// SPDX-License-Identifier: Apache-2.0
#include "data/atomic_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <random>
#include <utility>

#include "eigenlens/error.hpp"

namespace eigenlens {
namespace {

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

/// Opens a new file beside the target with the permissions that the umask leaves (mkstemp would give 0600).
int create_beside(const std::string& target, std::string& temporary) {
  for (int attempt = 0; attempt < 100; ++attempt) {
    temporary = name_beside(target);
    const int descriptor = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor >= 0 || (errno != EEXIST && errno != EINTR)) return descriptor;
  }
  return -1;
}

std::string follow_links(const std::string& path) {
  char* resolved = ::realpath(path.c_str(), nullptr);
  if (!resolved) return {};
  std::string text = resolved;
  std::free(resolved);
  return text;
}

/// Makes the rename itself survive a power cut. File systems that cannot do it for directories say EINVAL: accepted.
int sync_directory(const std::string& directory) {
  const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return errno == EACCES ? 0 : errno;  // a directory that may be written but not read
  const int error = ::fsync(descriptor) == 0 || errno == EINVAL ? 0 : errno;
  ::close(descriptor);
  return error;
}

}  // namespace

std::string name_beside(const std::string& target) {
  constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  std::random_device source;  // names need to differ, not to be replayed
  std::string text(6, 'x');
  for (char& c : text) c = alphabet[source() % alphabet.size()];
  return target + ".tmp-" + text;
}

AtomicFile::AtomicFile(std::string path) : path_(std::move(path)), target_(path_) {
  if (path_.empty()) throw Error(ErrorCode::io, "cannot write a file: its path is empty");
  struct stat link {};
  struct stat status {};
  const bool is_link = ::lstat(path_.c_str(), &link) == 0 && S_ISLNK(link.st_mode);
  const bool exists = ::stat(path_.c_str(), &status) == 0;
  if (exists && S_ISDIR(status.st_mode))
    throw Error(ErrorCode::io, fmt::format("cannot write {}: it is a directory, name a file in it", path_));
  if (exists && !S_ISREG(status.st_mode)) {
    descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CLOEXEC);
    if (descriptor_ < 0) fail("open", errno);
    return;
  }
  if (is_link) target_ = follow_links(path_);
  if (target_.empty()) fail("follow the symbolic link", errno);
  descriptor_ = create_beside(target_, temporary_);
  if (descriptor_ < 0) {
    const int error = errno;
    temporary_.clear();
    const std::string directory = directory_of(target_);
    if (error == ENOENT)
      throw Error(ErrorCode::io, fmt::format("cannot write {}: there is no directory {}", path_, directory));
    if (error == ENOTDIR)
      throw Error(ErrorCode::io, fmt::format("cannot write {}: {} is not a directory", path_, directory));
    fail("create a file beside", error);
  }
  if (exists && ::fchmod(descriptor_, status.st_mode & 0777U) != 0) fail("set the permissions of", errno);
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  remove_temporary();
}

void AtomicFile::remove_temporary() noexcept {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
  temporary_.clear();
}

void AtomicFile::fail(const char* doing, int error) {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
  remove_temporary();
  const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  throw Error(ErrorCode::io, fmt::format("cannot {} {}: {}{}", doing, path_, std::strerror(error),
                                         full ? fmt::format(" ({} bytes had been written)", written_) : ""));
}

void AtomicFile::write(const void* bytes, std::size_t count) {
  if (descriptor_ < 0) fail("write", EBADF);
  const char* next = static_cast<const char*>(bytes);
  while (count > 0) {
    const ssize_t done = ::write(descriptor_, next, std::min<std::size_t>(count, std::size_t{1} << 30U));
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) fail("write", errno);
    next += done;
    count -= static_cast<std::size_t>(done);
    written_ += static_cast<std::size_t>(done);
  }
}

void AtomicFile::commit() {
  if (descriptor_ < 0) fail("write", EBADF);
  const bool in_place = temporary_.empty();
  if (!in_place && ::fsync(descriptor_) != 0) fail("write", errno);
  if (::close(std::exchange(descriptor_, -1)) != 0 && errno != EINTR) fail("write", errno);
  if (in_place) return;
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) fail("move the finished file to", errno);
  temporary_.clear();
  if (const int error = sync_directory(directory_of(target_))) fail("write the directory of", error);
}

}  // namespace eigenlens
