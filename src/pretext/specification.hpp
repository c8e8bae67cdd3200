// SPDX-License-Identifier: Apache-2.0
/// \file
/// The grammar that all pretexts share: KIND[:KEY=VALUE[,KEY=VALUE...]], a value A:B:n standing for n values.
#pragma once

#include <charconv>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "eigenlens/pretext.hpp"

namespace eigenlens {

/// One specification while it is being read; every error quotes it.
class Specification {
 public:
  /// Throws Error(usage) for what is not KEY=VALUE, and for a key that is given twice. After `masks:` a first field
  /// without a key is its file.
  explicit Specification(const std::string& text);

  [[noreturn]] void fail(const std::string& reason) const;

  [[nodiscard]] const std::string& kind() const { return kind_; }
  [[nodiscard]] bool has(const std::string& key) const { return values_.contains(key); }

  /// The value of a key that may be absent; what is asked for is known.
  std::string take(const std::string& key);
  std::string require(const std::string& key, const char* expected);
  /// Refuses keys that are none of these, before a missing one is asked for.
  void allow(std::initializer_list<std::string_view> known) const;

 private:
  void add(std::string_view field);

  std::string text_;
  std::string kind_;
  std::map<std::string, std::string> values_;
};

/// True if the whole text is one number.
template <class Number>
bool read_number(std::string_view text, Number& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

/// A finite number.
double real_value(const Specification& spec, const char* key, std::string_view text);
/// One number, A:B:n as np.linspace(A, B, n), or log:A:B:n as np.geomspace(A, B, n).
std::vector<double> real_values(const Specification& spec, const char* key, std::string_view text);
/// Shares that are hidden, each in [0, 1).
std::vector<double> ratio_values(Specification& spec);
/// An optional whole number that is not below `least`.
std::int64_t whole_value(Specification& spec, const char* key, std::int64_t least, std::int64_t absent);
/// patch=P or PxQ, in pixels.
void read_patch(Specification& spec, Pretext& pretext);
/// Two extents, S or SxT, at least 1 each.
void read_extents(const Specification& spec, const char* key, const std::string& text, std::int64_t& height,
                  std::int64_t& width);
void read_channels(Specification& spec, Pretext& pretext);

/// The kinds of masks whose moments are a table: masks, blocks, multiblock, grid, centre, crop.
std::vector<Pretext> parse_mask_distribution(Specification& spec, Pretext pretext);

}  // namespace eigenlens
