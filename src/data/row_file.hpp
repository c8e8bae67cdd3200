// SPDX-License-Identifier: Apache-2.0
/// \file
/// Rows of equal length behind a header: what IDX and .npy files are.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "data/byte_stream.hpp"

namespace eigenlens {

/// The product of what a header claims. Throws Error(data) that quotes it when it does not fit 63 bits.
std::int64_t checked_product(std::span<const std::int64_t> factors, const std::string& path);

/// Reads `rows` rows of `row_bytes` bytes from where the stream stands. All messages count rows from 0.
class RowFile {
 public:
  /// Compares the claim with the length of the file before anyone allocates. Throws Error(data): truncated, oversized.
  RowFile(ByteStream stream, std::string noun, std::int64_t rows, std::int64_t row_bytes);

  /// The next `count` rows. Throws Error(data) that names the row at which the file ends or is damaged; after the last
  /// row also when something follows it.
  void read(std::int64_t count, void* bytes);

  [[nodiscard]] const std::string& path() const noexcept { return stream_.path(); }
  [[nodiscard]] std::int64_t rows() const noexcept { return rows_; }

 private:
  [[noreturn]] void fail_truncated(std::int64_t content) const;
  [[noreturn]] void fail_oversized() const;
  [[nodiscard]] std::string claim() const;

  ByteStream stream_;
  std::string noun_;  // "image", "label", "record"
  std::int64_t rows_;
  std::int64_t row_bytes_;
  std::int64_t header_;
  std::int64_t claimed_ = 0;  // length of the whole content
  std::int64_t next_ = 0;
};

}  // namespace eigenlens
