// SPDX-License-Identifier: Apache-2.0
#include "data/byte_stream.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>
#include <vector>

#include "eigenlens/error.hpp"

namespace eigenlens {

namespace {

constexpr std::size_t kInputBytes = std::size_t{1} << 19;
constexpr std::size_t kMostPerCall = std::size_t{1} << 30;  // zlib and read() count in 32 bits
constexpr std::int64_t kDeflateLimit = 1032;                // deflate cannot shrink further than 1032 : 1
constexpr int kGzipWindow = 15 + 16;                        // largest window, gzip wrapper

}  // namespace

class ByteStream::State {
 public:
  explicit State(std::string path) : path_(std::move(path)) {
    descriptor_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a pipe must not wait for its writer
    if (descriptor_ < 0) fail_io("open", errno);
    try {
      start();
    } catch (...) {
      ::close(descriptor_);
      throw;
    }
  }
  ~State() {
    if (compressed_) inflateEnd(&zlib_);
    ::close(descriptor_);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  std::size_t read(void* bytes, std::size_t count) {
    std::size_t done = 0;
    while (done < count) {
      auto* target = static_cast<unsigned char*>(bytes) + done;
      const std::size_t wanted = std::min(count - done, kMostPerCall);
      const std::size_t got = compressed_ ? inflate_some(target, wanted) : read_file(target, wanted);
      if (got == 0) break;
      done += got;
      offset_ += static_cast<std::int64_t>(got);
    }
    return done;
  }

  std::string path_;
  bool compressed_ = false;
  std::int64_t offset_ = 0;
  std::int64_t size_ = 0;

 private:
  void start() {
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0) fail_io("look at", errno);
    if (S_ISDIR(status.st_mode)) fail_io("read", EISDIR);
    if (!S_ISREG(status.st_mode)) {
      throw Error(ErrorCode::io, fmt::format("cannot read {}: it is not a regular file", path_));
    }
    size_ = status.st_size;
    unsigned char magic[2] = {};
    const ssize_t got = ::pread(descriptor_, magic, sizeof magic, 0);
    if (got < 0) fail_io("read", errno);
    if (got < 2 || magic[0] != 0x1f || magic[1] != 0x8b) return;
    input_.resize(kInputBytes);
    if (inflateInit2(&zlib_, kGzipWindow) != Z_OK) {
      throw Error(ErrorCode::memory, fmt::format("cannot decompress {}: zlib found no memory", path_));
    }
    compressed_ = true;
  }

  /// At least one byte, or 0 at the end of the file.
  std::size_t read_file(unsigned char* bytes, std::size_t count) {
    for (;;) {
      const ssize_t got = ::read(descriptor_, bytes, count);
      if (got >= 0) {
        file_offset_ += got;
        return static_cast<std::size_t>(got);
      }
      if (errno != EINTR) fail_io("read", errno);
    }
  }

  /// At least one byte of content, or 0 after the end of the last gzip member (its checksum is then verified).
  std::size_t inflate_some(unsigned char* bytes, std::size_t count) {
    zlib_.next_out = bytes;
    zlib_.avail_out = static_cast<uInt>(count);
    while (zlib_.avail_out != 0) {
      if (zlib_.avail_in == 0 && !refill()) {
        if (member_ended_) break;
        fail_inflate(Z_BUF_ERROR, count);
      }
      if (member_ended_) {
        inflateReset(&zlib_);
        member_start_ = file_offset_ - zlib_.avail_in;
        member_ended_ = false;
      }
      const int status = inflate(&zlib_, Z_NO_FLUSH);
      member_ended_ = status == Z_STREAM_END;
      if (status != Z_OK && status != Z_STREAM_END) fail_inflate(status, count);
    }
    return count - zlib_.avail_out;
  }

  bool refill() {
    const std::size_t got = read_file(input_.data(), input_.size());
    zlib_.next_in = input_.data();
    zlib_.avail_in = static_cast<uInt>(got);
    return got != 0;
  }

  /// Z_BUF_ERROR: the file ended within a member.
  [[noreturn]] void fail_inflate(int status, std::size_t count) {
    offset_ += static_cast<std::int64_t>(count) - zlib_.avail_out;
    const std::int64_t at = file_offset_ - zlib_.avail_in;
    std::string message;
    if (member_start_ > 0 && zlib_.total_out == 0) {
      message = fmt::format("{} has {} trailing bytes after its gzip data, from byte {} of the file", path_,
                            size_ - member_start_, member_start_);
    } else if (status == Z_BUF_ERROR) {
      message = fmt::format("{} is truncated: its gzip data stop at byte {} of the file, after {} bytes of content",
                            path_, at, offset_);
    } else {
      message = fmt::format("{} holds corrupt gzip data near byte {} of the file, after {} bytes of content: {}", path_,
                            at, offset_, zlib_.msg != nullptr ? zlib_.msg : zError(status));
    }
    throw Error(ErrorCode::data, message);
  }

  [[noreturn]] void fail_io(const char* doing, int error) const {
    throw Error(ErrorCode::io, fmt::format("cannot {} {}: {}", doing, path_, std::generic_category().message(error)));
  }

  int descriptor_ = -1;
  std::int64_t file_offset_ = 0;
  std::vector<unsigned char> input_;
  z_stream zlib_ = {};
  bool member_ended_ = false;  // a gzip file may be several members, one after the other
  std::int64_t member_start_ = 0;
};

ByteStream::ByteStream(std::string path) : state_(std::make_unique<State>(std::move(path))) {}
ByteStream::~ByteStream() = default;
ByteStream::ByteStream(ByteStream&&) noexcept = default;
ByteStream& ByteStream::operator=(ByteStream&&) noexcept = default;

std::size_t ByteStream::read(void* bytes, std::size_t count) { return state_->read(bytes, count); }
const std::string& ByteStream::path() const noexcept { return state_->path_; }
bool ByteStream::compressed() const noexcept { return state_->compressed_; }
std::int64_t ByteStream::offset() const noexcept { return state_->offset_; }
std::int64_t ByteStream::file_size() const noexcept { return state_->size_; }
std::int64_t ByteStream::most_bytes() const noexcept {
  return compressed() ? kDeflateLimit * file_size() + kDeflateLimit : file_size();
}

}  // namespace eigenlens
