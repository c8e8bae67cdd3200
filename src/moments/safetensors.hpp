// SPDX-License-Identifier: Apache-2.0
/// \file
/// The safetensors container: an 8-byte length, a JSON header, tensors side by side. Here every element has 8 bytes
/// (I64 or F64), every tensor has its CRC-32 in the metadata, and a reader trusts nothing that it has not checked.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace eigenlens::safetensors {

enum class Element { i64, f64 };

/// A tensor to be written: row-major, as safetensors has it.
struct TensorView {
  std::string name;
  Element element = Element::i64;
  std::vector<std::int64_t> shape;
  const void* values = nullptr;
};

using Metadata = std::vector<std::pair<std::string, std::string>>;

/// Writes the file whole or not at all; adds `crc32.NAME` for every tensor to the metadata. Throws Error(io).
void write(const std::string& path, const Metadata& metadata, const std::vector<TensorView>& tensors);

/// A file whose header has been checked: length, JSON, element types, offsets that tile the file exactly.
class Reader {
 public:
  /// Throws Error(io) if the file cannot be read, Error(data) if it is not such a container.
  explicit Reader(std::string path);
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  /// The value of a metadata key; Error(data) without it.
  [[nodiscard]] const std::string& metadata(const std::string& key) const;
  /// The shape of a tensor; Error(data) if it is absent, or has other elements or another number of dimensions.
  [[nodiscard]] const std::vector<std::int64_t>& shape(const std::string& name, Element element,
                                                       std::size_t rank) const;
  /// Error(data) unless the file has these tensors and no other.
  void expect_only(const std::vector<std::string>& names) const;
  /// Reads a tensor whole into memory for its elements and compares the checksum: Error(data) if it differs.
  void read(const std::string& name, void* values);
  /// Error(data) with the file's name in front.
  [[noreturn]] void refuse(const std::string& reason) const;

 private:
  struct Entry {
    Element element = Element::i64;
    std::vector<std::int64_t> shape;
    std::int64_t begin = 0;  ///< bytes, from the start of the tensors
    std::int64_t end = 0;
  };
  std::string read_header();
  void parse(const std::string& header);
  void check_tiling() const;
  void read_at(std::int64_t offset, void* bytes, std::size_t count);

  std::string path_;
  int descriptor_ = -1;
  std::int64_t length_ = 0;      ///< bytes of the file
  std::int64_t data_begin_ = 0;  ///< where the tensors start in the file
  std::map<std::string, std::string> metadata_;
  std::map<std::string, Entry> tensors_;
};

}  // namespace eigenlens::safetensors
