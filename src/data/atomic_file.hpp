// SPDX-License-Identifier: Apache-2.0
/// \file
/// Files that are there whole or not at all: a temporary file beside the target, fsync, rename, fsync of the directory.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace eigenlens {

/// Writes PATH.tmp-XXXXXX and renames it to PATH on commit(). Without a commit the destructor removes it.
/// A symbolic link is followed, and an existing file's permissions are kept. A device or a pipe (/dev/null,
/// /dev/stdout) is written in place, never replaced.
class AtomicFile {
 public:
  /// Throws Error(io) naming the path and the system's reason (no such directory, read-only, not permitted).
  explicit AtomicFile(std::string path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// Throws Error(io) that names the path, the reason (disk full: bytes written so far) and removes the temporary file.
  void write(const void* bytes, std::size_t count);
  void write(std::string_view text) { write(text.data(), text.size()); }
  void commit();

 private:
  [[noreturn]] void fail(const char* doing, int error);
  void remove_temporary() noexcept;
  std::string path_;       ///< as given, for messages
  std::string target_;     ///< the file that is replaced: path_ with symbolic links followed
  std::string temporary_;  ///< empty when written in place or after the rename
  int descriptor_ = -1;
  std::size_t written_ = 0;
};

/// TARGET.tmp-XXXXXX with six random characters: what is written beside its target, before it is renamed.
std::string name_beside(const std::string& target);

}  // namespace eigenlens
