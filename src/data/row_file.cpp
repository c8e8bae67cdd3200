// SPDX-License-Identifier: Apache-2.0
#include "data/row_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "eigenlens/error.hpp"

namespace eigenlens {

namespace {

[[noreturn]] void fail_overflow(const std::string& factors, const std::string& path) {
  throw Error(ErrorCode::data, fmt::format("{}: its header claims {} bytes, more than any file holds", path, factors));
}

}  // namespace

std::int64_t checked_product(std::span<const std::int64_t> factors, const std::string& path) {
  std::int64_t product = 1;
  bool overflow = false;
  for (const std::int64_t factor : factors) overflow = __builtin_mul_overflow(product, factor, &product) || overflow;
  if (overflow) fail_overflow(fmt::format("{}", fmt::join(factors, " x ")), path);
  return product;
}

RowFile::RowFile(ByteStream stream, std::string noun, std::int64_t rows, std::int64_t row_bytes)
    : stream_(std::move(stream)),
      noun_(std::move(noun)),
      rows_(rows),
      row_bytes_(row_bytes),
      header_(stream_.offset()) {
  const std::int64_t factors[] = {rows_, row_bytes_};
  if (__builtin_add_overflow(checked_product(factors, path()), header_, &claimed_)) {
    fail_overflow(fmt::format("{} + {} x {}", header_, rows_, row_bytes_), path());
  }
  if (stream_.compressed()) {
    if (claimed_ > stream_.most_bytes()) {
      throw Error(ErrorCode::data, fmt::format("{}: {}, but {} bytes of gzip data cannot hold more than {} bytes",
                                               path(), claim(), stream_.file_size(), stream_.most_bytes()));
    }
    return;  // the exact length shows at the end
  }
  if (stream_.file_size() < claimed_) fail_truncated(stream_.file_size());
  if (stream_.file_size() > claimed_) fail_oversized();
}

void RowFile::read(std::int64_t count, void* bytes) {
  const auto wanted = static_cast<std::size_t>(count * row_bytes_);
  std::size_t got = 0;
  try {
    got = stream_.read(bytes, wanted);
  } catch (const Error& error) {
    const std::int64_t row = (stream_.offset() - header_) / row_bytes_;
    throw Error(error.code(), fmt::format("{} (within {} {} of {}, counted from 0)", error.what(), noun_, row, rows_));
  }
  if (got < wanted) fail_truncated(stream_.offset());
  next_ += count;
  char extra = 0;
  if (next_ == rows_ && stream_.read(&extra, 1) != 0) fail_oversized();
}

std::string RowFile::claim() const {
  return fmt::format("its header claims {} {}s of {} bytes, {} bytes in all", rows_, noun_, row_bytes_, claimed_);
}

void RowFile::fail_truncated(std::int64_t content) const {
  const std::int64_t row = content > header_ ? (content - header_) / row_bytes_ : 0;
  throw Error(ErrorCode::data,
              fmt::format("{} is truncated: it ends at byte {}, within {} {} of {} (counted from 0): {}", path(),
                          content, noun_, row, rows_, claim()));
}

void RowFile::fail_oversized() const {
  const std::string found = stream_.compressed() ? "more content" : fmt::format("{} bytes", stream_.file_size());
  throw Error(ErrorCode::data, fmt::format("{} is oversized: it holds {}, but {}", path(), found, claim()));
}

}  // namespace eigenlens
