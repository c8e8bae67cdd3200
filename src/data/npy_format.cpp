// SPDX-License-Identifier: Apache-2.0
#include "data/npy_format.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "eigenlens/error.hpp"

namespace eigenlens {

namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::int64_t kMostHeaderBytes = 65536;  // an honest header has about 100

/// A cursor over `{'descr': '<f4', 'fortran_order': False, 'shape': (60000, 784), }`.
class HeaderParser {
 public:
  HeaderParser(std::string_view text, const std::string& path) : text_(text), path_(path) {}

  NpyHeader parse() {
    NpyHeader header;
    bool seen[3] = {};
    expect('{');
    while (!take('}')) {
      const std::string key = string();
      expect(':');
      if (key == "descr") {
        header.descr = descr();
        mark(seen[0], key);
      } else if (key == "fortran_order") {
        header.fortran_order = boolean();
        mark(seen[1], key);
      } else if (key == "shape") {
        header.shape = shape();
        mark(seen[2], key);
      } else {
        fail(fmt::format("the key '{}'", key), "'descr', 'fortran_order' or 'shape'");
      }
      if (!take(',')) {
        expect('}');
        break;
      }
    }
    space();
    if (at_ != text_.size()) fail_here("the end of the header");
    if (!seen[0] || !seen[1] || !seen[2]) fail("no more", "the keys 'descr', 'fortran_order' and 'shape'");
    return header;
  }

 private:
  void space() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' || text_[at_] == '\r')) {
      ++at_;
    }
  }
  bool take(char wanted) {
    space();
    if (at_ == text_.size() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }
  void expect(char wanted) {
    if (!take(wanted)) fail_here(fmt::format("'{}'", wanted));
  }
  std::string string() {
    space();
    const char quote = at_ < text_.size() ? text_[at_] : '\0';
    if (quote != '\'' && quote != '"') fail_here("a quoted string");
    const std::size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) fail_here("a quoted string that ends");
    std::string value = printable(text_.substr(at_ + 1, std::min<std::size_t>(end - at_ - 1, 64)));
    at_ = end + 1;
    return value;
  }
  std::string descr() {
    space();
    if (at_ < text_.size() && text_[at_] == '[') {
      throw Error(ErrorCode::data, fmt::format("{} holds a structured dtype: expected one number a value", path_));
    }
    return string();
  }
  bool boolean() {
    space();
    for (const std::string_view word : {"True", "False"}) {
      if (!text_.substr(at_).starts_with(word)) continue;
      at_ += word.size();
      return word == "True";
    }
    fail_here("True or False");
  }
  std::vector<std::int64_t> shape() {
    std::vector<std::int64_t> extents;
    expect('(');
    while (!take(')')) {
      space();
      std::int64_t extent = -1;
      const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), extent);
      if (error != std::errc{} || extent < 0) fail_here("an extent from 0 to 2^63 - 1");
      at_ = static_cast<std::size_t>(end - text_.data());
      if (at_ < text_.size() && text_[at_] == 'L') ++at_;  // written by Python 2
      extents.push_back(extent);
      if (!take(',')) {
        expect(')');
        break;
      }
    }
    return extents;
  }
  void mark(bool& seen, const std::string& key) {
    if (seen) fail(fmt::format("'{}' twice", key), "each key once");
    seen = true;
  }
  [[noreturn]] void fail_here(const std::string& expected) {
    space();
    fail(at_ == text_.size() ? "the end" : fmt::format("'{}'", printable(text_.substr(at_, 12))), expected);
  }
  [[noreturn]] void fail(const std::string& found, const std::string& expected) const {
    throw Error(ErrorCode::data,
                fmt::format("{} has a bad .npy header: found {} at character {} of its dictionary, expected {}", path_,
                            found, at_, expected));
  }
  static std::string printable(std::string_view text) {
    std::string result(text);
    for (char& c : result) {
      if (c < ' ' || c > '~') c = '?';
    }
    return result;
  }

  std::string_view text_;
  const std::string& path_;
  std::size_t at_ = 0;
};

[[noreturn]] void fail_short_header(const ByteStream& stream) {
  throw Error(ErrorCode::data, fmt::format("{} is truncated: it ends at byte {}, within its .npy header", stream.path(),
                                           stream.offset()));
}

}  // namespace

NpyHeader parse_npy_header(std::string_view text, const std::string& path) { return HeaderParser(text, path).parse(); }

NpyHeader read_npy_header(ByteStream& stream) {
  std::array<unsigned char, 8> start{};
  const std::size_t got = stream.read(start.data(), start.size());
  if (got == 0) throw Error(ErrorCode::data, fmt::format("{} is empty: expected a .npy file", stream.path()));
  if (std::string_view(reinterpret_cast<const char*>(start.data()), kMagic.size()) != kMagic) {
    throw Error(ErrorCode::data, fmt::format("{} is not a .npy file: it starts with {:02x}, expected 93 4e 55 4d 50 59",
                                             stream.path(), fmt::join(start.begin(), start.begin() + 6, " ")));
  }
  if (got != start.size()) fail_short_header(stream);
  if (start[6] < 1 || start[6] > 3) {
    throw Error(ErrorCode::data,
                fmt::format("{} is .npy version {}.{}: expected 1, 2 or 3", stream.path(), start[6], start[7]));
  }
  std::array<unsigned char, 4> bytes{};  // little-endian; version 1 has two of them
  const std::size_t width = start[6] == 1 ? 2 : 4;
  if (stream.read(bytes.data(), width) != width) fail_short_header(stream);
  const std::int64_t length = bytes[0] | bytes[1] << 8 | bytes[2] << 16 | std::int64_t{bytes[3]} << 24;
  if (length > kMostHeaderBytes) {
    throw Error(ErrorCode::data, fmt::format("{} claims a .npy header of {} bytes: expected at most {}", stream.path(),
                                             length, kMostHeaderBytes));
  }
  std::string text(static_cast<std::size_t>(length), '\0');
  if (stream.read(text.data(), text.size()) != text.size()) fail_short_header(stream);
  return parse_npy_header(text, stream.path());
}

std::string compose_npy_header(std::string_view descr, const std::vector<std::int64_t>& shape) {
  const std::string extents = fmt::format("{}{}", fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
  std::string text = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", descr, extents);
  constexpr std::size_t before = 10;  // magic, version, length
  text.append(63 - (before + text.size()) % 64, ' ');
  text.push_back('\n');
  std::string header(kMagic);
  header += {'\x01', '\x00', static_cast<char>(text.size() & 0xff), static_cast<char>(text.size() >> 8)};
  return header + text;
}

std::string describe_dtype(const std::string& descr) {
  if (descr.size() < 2) return fmt::format("the dtype '{}'", descr);
  const std::string code = descr.substr(1);
  std::string name;
  if (code == "b1") name = "bool";
  if (code[0] == 'O') name = "Python objects";
  if (code[0] == 'U' || code[0] == 'S' || code[0] == 'a') name = "text";
  if (code[0] == 'V') name = "raw bytes";
  if (code[0] == 'M' || code[0] == 'm') name = "times";
  for (const auto& [letter, kind] : {std::pair{'u', "uint"}, {'i', "int"}, {'f', "float"}, {'c', "complex"}}) {
    int bytes = 0;
    const auto [end, error] = std::from_chars(code.data() + 1, code.data() + code.size(), bytes);
    if (code[0] == letter && error == std::errc{} && bytes > 0 && bytes <= 32)
      name = fmt::format("{}{}", kind, 8 * bytes);
  }
  if (name.empty()) return fmt::format("the dtype '{}'", descr);
  return fmt::format("{}{} ({})", descr[0] == '>' ? "big-endian " : "", name, descr);
}

}  // namespace eigenlens
