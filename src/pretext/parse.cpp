// SPDX-License-Identifier: Apache-2.0
// The pretext grammar: KIND[:KEY=VALUE[,KEY=VALUE...]], a value A:B:n or log:A:B:n standing for n values.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <map>
#include <string_view>

#include "eigenlens/error.hpp"
#include "eigenlens/pretext.hpp"

namespace eigenlens {
namespace {

constexpr std::int64_t largest_range = 10000;

/// One specification while it is being read; every error quotes it.
class Specification {
 public:
  explicit Specification(const std::string& text) : text_(text) {
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

  [[noreturn]] void fail(const std::string& reason) const {
    throw Error(ErrorCode::usage, fmt::format("pretext '{}': {}", text_, reason));
  }

  [[nodiscard]] const std::string& kind() const { return kind_; }

  /// The value of a key that may be absent; what is asked for is known.
  std::string take(const std::string& key) {
    const auto found = values_.find(key);
    if (found == values_.end()) return {};
    std::string value = found->second;
    values_.erase(found);
    return value;
  }
  std::string require(const std::string& key, const char* expected) {
    std::string value = take(key);
    if (value.empty()) fail(fmt::format("{} is missing: expected {}={}", key, key, expected));
    return value;
  }
  /// Refuses keys that are none of these, before a missing one is asked for.
  void allow(std::initializer_list<std::string_view> known) const {
    for (const auto& [key, value] : values_)
      if (std::find(known.begin(), known.end(), key) == known.end())
        fail(known.size() == 0 ? fmt::format("nothing is expected after {}", kind_)
                               : fmt::format("'{}' is not known here: expected {}", key, fmt::join(known, ", ")));
  }

 private:
  void add(std::string_view field) {
    const auto equals = field.find('=');
    if (equals == std::string_view::npos || equals == 0 || equals + 1 == field.size())
      fail(fmt::format("'{}' is not KEY=VALUE, as in mask:patch=4,ratio=0.75", field));
    if (!values_.emplace(field.substr(0, equals), field.substr(equals + 1)).second)
      fail(fmt::format("{} is given twice", field.substr(0, equals)));
  }

  std::string text_;
  std::string kind_;
  std::map<std::string, std::string> values_;
};

template <class Number>
bool read_number(std::string_view text, Number& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

double real_value(const Specification& spec, const char* key, std::string_view text) {
  double value = 0;
  if (!read_number(text, value) || !std::isfinite(value)) spec.fail(fmt::format("{}={} is not a number", key, text));
  return value;
}

/// One number, A:B:n as np.linspace(A, B, n), or log:A:B:n as np.geomspace(A, B, n).
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

void read_patch(Specification& spec, Pretext& pretext) {
  const std::string text = spec.require("patch", "P or PxQ");
  const auto cross = text.find('x');
  const std::string_view view = text;
  const bool read = read_number(view.substr(0, cross), pretext.patch_height) &&
                    (cross == std::string::npos || read_number(view.substr(cross + 1), pretext.patch_width));
  if (cross == std::string::npos) pretext.patch_width = pretext.patch_height;
  if (!read || pretext.patch_height < 1 || pretext.patch_width < 1)
    spec.fail(fmt::format("patch={} is not a patch: expected P or PxQ (height x width) in pixels, at least 1", text));
}

void read_channels(Specification& spec, Pretext& pretext) {
  const std::string text = spec.take("channels");
  if (text == "separate")
    pretext.channels = ChannelMode::separate;
  else if (!text.empty() && text != "together")
    spec.fail(fmt::format("channels={}: expected together or separate", text));
}

std::vector<Pretext> with_ratios(Specification& spec, Pretext pretext) {
  std::vector<Pretext> all;
  for (const double ratio : ratio_values(spec)) {
    pretext.ratio = ratio;
    all.push_back(pretext);
  }
  return all;
}

std::vector<Pretext> with_counts(Specification& spec, Pretext pretext) {
  std::vector<Pretext> all;
  for (const double count : real_values(spec, "count", spec.require("count", "m or FIRST:LAST:n"))) {
    if (count < 1 || count != std::floor(count) || count > 9e15)
      spec.fail(fmt::format("count={} is not a whole number of patches, at least 1", count));
    pretext.keep_count = static_cast<std::int64_t>(count);
    all.push_back(pretext);
  }
  return all;
}

std::vector<Pretext> parse_gaussian(Specification& spec, Pretext pretext) {
  std::vector<Pretext> all;
  for (const double sigma : real_values(spec, "sigma", spec.require("sigma", "S or FIRST:LAST:n"))) {
    if (sigma < 0) spec.fail(fmt::format("sigma={} is negative", sigma));
    pretext.sigma = sigma;
    all.push_back(pretext);
  }
  return all;
}

std::vector<Pretext> parse_joint(Specification& spec, Pretext pretext) {
  const std::string text = spec.require("lambda", "L, FIRST:LAST:n, log:FIRST:LAST:n or inf");
  const double infinite = std::numeric_limits<double>::infinity();
  std::vector<Pretext> all;
  for (const double lambda : text == "inf" ? std::vector<double>{infinite} : real_values(spec, "lambda", text)) {
    if (lambda < 0) spec.fail(fmt::format("lambda={} is negative", lambda));
    pretext.lambda = lambda;
    all.push_back(pretext);
  }
  return all;
}

std::vector<Pretext> parse_patches(Specification& spec, Pretext pretext) {
  const bool keep = pretext.kind == PretextKind::keep;
  spec.allow({"patch", keep ? "count" : "ratio", "channels"});
  read_patch(spec, pretext);
  read_channels(spec, pretext);
  std::vector<Pretext> all = keep ? with_counts(spec, pretext) : with_ratios(spec, pretext);
  return all;
}

}  // namespace

std::vector<Pretext> parse_pretext(const std::string& specification) {
  Specification spec(specification);
  Pretext pretext;
  if (spec.kind() == "reconstruct") {
    spec.allow({});
    return {pretext};
  }
  if (spec.kind() == "gaussian") {
    pretext.kind = PretextKind::gaussian;
    spec.allow({"sigma"});
    return parse_gaussian(spec, pretext);
  }
  if (spec.kind() == "dropout") {
    pretext.kind = PretextKind::dropout;
    spec.allow({"ratio"});
    return with_ratios(spec, pretext);
  }
  if (spec.kind() == "mask" || spec.kind() == "keep") {
    pretext.kind = spec.kind() == "mask" ? PretextKind::mask : PretextKind::keep;
    return parse_patches(spec, pretext);
  }
  if (spec.kind() == "joint") {
    pretext.kind = PretextKind::joint;
    spec.allow({"lambda"});
    return parse_joint(spec, pretext);
  }
  spec.fail(
      "unknown kind: expected reconstruct, gaussian:sigma=S, mask:patch=P[xQ],ratio=R, dropout:ratio=R, "
      "keep:patch=P[xQ],count=m or joint:lambda=L");
}

std::string Pretext::to_string() const {
  const std::string patch =
      patch_height == patch_width ? fmt::format("{}", patch_height) : fmt::format("{}x{}", patch_height, patch_width);
  const char* separate = channels == ChannelMode::separate ? ",channels=separate" : "";
  switch (kind) {
    case PretextKind::reconstruct:
      return "reconstruct";
    case PretextKind::gaussian:
      return fmt::format("gaussian:sigma={}", sigma);
    case PretextKind::mask:
      return fmt::format("mask:patch={},ratio={}{}", patch, ratio, separate);
    case PretextKind::dropout:
      return fmt::format("dropout:ratio={}", ratio);
    case PretextKind::keep:
      return fmt::format("keep:patch={},count={}{}", patch, keep_count, separate);
    case PretextKind::joint:
      return fmt::format("joint:lambda={}", lambda);
  }
  return "unknown";
}

}  // namespace eigenlens
