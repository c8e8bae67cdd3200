// SPDX-License-Identifier: Apache-2.0
/// \file
/// The content of a plain or gzip file, read once from front to back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace eigenlens {

/// gzip is recognised by its magic bytes 1f 8b, whatever the file is called. Every error names the file and the offset.
class ByteStream {
 public:
  /// Throws Error(io) with the system's reason, also for what is not a regular file (a directory, a pipe).
  explicit ByteStream(std::string path);
  ~ByteStream();
  ByteStream(ByteStream&&) noexcept;
  ByteStream& operator=(ByteStream&&) noexcept;

  /// Reads up to `count` bytes; fewer only at the end of the content. Throws Error(data) for damaged gzip data (cut
  /// short, corrupt with zlib's message, followed by other bytes) and Error(io) when the system cannot read.
  std::size_t read(void* bytes, std::size_t count);

  [[nodiscard]] const std::string& path() const noexcept;
  [[nodiscard]] bool compressed() const noexcept;
  [[nodiscard]] std::int64_t offset() const noexcept;     ///< bytes of content read so far
  [[nodiscard]] std::int64_t file_size() const noexcept;  ///< bytes on disk
  /// Content cannot be longer than this: the file's size, or deflate's limit of 1032 times that.
  [[nodiscard]] std::int64_t most_bytes() const noexcept;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace eigenlens
