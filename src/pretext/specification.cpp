// SPDX-License-Identifier: Apache-2.0
#include "pretext/specification.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "eigenlens/error.hpp"

namespace eigenlens {
namespace {

constexpr std::int64_t largest_range = 10000;

}  // namespace

Specification::Specification(const std::string& text) : text_(text) {
  const auto colon = text.find(':');
  kind_ = text.substr(0, colon);
  if (colon == std::string::npos) return;
  std::string_view rest = std::string_view(text).substr(colon + 1);
  while (true) {
    const auto comma = rest.find(',');
    add(rest.substr(0, comma));
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
}

void Specification::fail(const std::string& reason) const {
  throw Error(ErrorCode::usage, fmt::format("pretext '{}': {}", text_, reason));
}

std::string Specification::take(const std::string& key) {
  const auto found = values_.find(key);
  if (found == values_.end()) return {};
  std::string value = found->second;
  values_.erase(found);
  return value;
}

std::string Specification::require(const std::string& key, const char* expected) {
  std::string value = take(key);
  if (value.empty()) fail(fmt::format("{} is missing: expected {}={}", key, key, expected));
  return value;
}

void Specification::allow(std::initializer_list<std::string_view> known) const {
  for (const auto& [key, value] : values_)
    if (std::find(known.begin(), known.end(), key) == known.end())
      fail(known.size() == 0 ? fmt::format("nothing is expected after {}", kind_)
                             : fmt::format("'{}' is not known here: expected {}", key, fmt::join(known, ", ")));
}

void Specification::add(std::string_view field) {
  const auto equals = field.find('=');
  if (kind_ == "masks" && values_.empty() && equals == std::string_view::npos && !field.empty()) {
    values_.emplace("file", field);
    return;
  }
  if (equals == std::string_view::npos || equals == 0 || equals + 1 == field.size())
    fail(fmt::format("'{}' is not KEY=VALUE, as in mask:patch=4,ratio=0.75", field));
  if (!values_.emplace(field.substr(0, equals), field.substr(equals + 1)).second)
    fail(fmt::format("{} is given twice", field.substr(0, equals)));
}

double real_value(const Specification& spec, const char* key, std::string_view text) {
  double value = 0;
  if (!read_number(text, value) || !std::isfinite(value)) spec.fail(fmt::format("{}={} is not a number", key, text));
  return value;
}

std::vector<double> real_values(const Specification& spec, const char* key, std::string_view text) {
  constexpr std::string_view geometric = "log:";
  const bool ratios = text.starts_with(geometric);
  if (ratios) text.remove_prefix(geometric.size());
  const auto first = text.find(':');
  if (first == std::string_view::npos && !ratios) return {real_value(spec, key, text)};
  const auto second = first == std::string_view::npos ? first : text.find(':', first + 1);
  std::int64_t count = 0;
  if (second == std::string_view::npos || !read_number(text.substr(second + 1), count) || count < 2 ||
      count > largest_range)
    spec.fail(fmt::format("{0}={1}{2} is not a range: expected {1}FIRST:LAST:n with n from 2 to {3}", key,
                          ratios ? geometric : "", text, largest_range));
  const double low = real_value(spec, key, text.substr(0, first));
  const double high = real_value(spec, key, text.substr(first + 1, second - first - 1));
  if (ratios && !(low > 0 && high > 0))
    spec.fail(fmt::format("{}={}{}: equal ratios need two positive numbers", key, geometric, text));
  const double step = (high - low) / static_cast<double>(count - 1);
  const double decades = (std::log10(high) - std::log10(low)) / static_cast<double>(count - 1);
  std::vector<double> values;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto along = static_cast<double>(i);
    values.push_back(ratios ? std::pow(10, std::log10(low) + along * decades) : low + along * step);
  }
  values.front() = low;
  values.back() = high;
  return values;
}

std::vector<double> ratio_values(Specification& spec) {
  std::vector<double> ratios = real_values(spec, "ratio", spec.require("ratio", "R or FIRST:LAST:n"));
  for (const double ratio : ratios)
    if (!(ratio >= 0 && ratio < 1))
      spec.fail(fmt::format("ratio={} is outside [0, 1): it is the share that is hidden", ratio));
  return ratios;
}

std::int64_t whole_value(Specification& spec, const char* key, std::int64_t least, std::int64_t absent) {
  const std::string text = spec.take(key);
  if (text.empty()) return absent;
  std::int64_t value = 0;
  if (!read_number(std::string_view(text), value) || value < least || value > std::int64_t{1} << 40)
    spec.fail(fmt::format("{}={} is not a whole number of at least {}", key, text, least));
  return value;
}

void read_extents(const Specification& spec, const char* key, const std::string& text, std::int64_t& height,
                  std::int64_t& width) {
  const auto cross = text.find('x');
  const std::string_view view = text;
  const bool read = read_number(view.substr(0, cross), height) &&
                    (cross == std::string::npos || read_number(view.substr(cross + 1), width));
  if (cross == std::string::npos) width = height;
  if (!read || height < 1 || width < 1)
    spec.fail(fmt::format("{0}={1} is not a {0}: expected P or PxQ (height x width), at least 1", key, text));
}

void read_patch(Specification& spec, Pretext& pretext) {
  read_extents(spec, "patch", spec.require("patch", "P or PxQ"), pretext.patch_height, pretext.patch_width);
}

void read_channels(Specification& spec, Pretext& pretext) {
  const std::string text = spec.take("channels");
  if (text == "separate")
    pretext.channels = ChannelMode::separate;
  else if (!text.empty() && text != "together")
    spec.fail(fmt::format("channels={}: expected together or separate", text));
}

}  // namespace eigenlens
