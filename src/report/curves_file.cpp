// SPDX-License-Identifier: Apache-2.0
#include "report/curves_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "eigenlens/error.hpp"
#include "report/selection.hpp"

namespace eigenlens {
namespace {

using Json = nlohmann::json;
constexpr const char* format_name = "eigenlens.curves/1";

/// A place in the document that can say where it is.
class Place {
 public:
  Place(const Json& value, std::string file, std::string where)
      : value_(value), file_(std::move(file)), where_(std::move(where)) {}

  [[noreturn]] void refuse(const std::string& expected) const {
    throw Error(ErrorCode::data, fmt::format("{}: {}: expected {}", file_, where_, expected));
  }
  [[nodiscard]] bool has(const char* key) const { return value_.is_object() && value_.contains(key); }
  [[nodiscard]] Place operator[](const char* key) const {
    if (!has(key)) throw Error(ErrorCode::data, fmt::format("{}: {} has no {}", file_, where_, key));
    return {value_[key], file_, fmt::format("{}, {}", where_, key)};
  }
  [[nodiscard]] std::vector<Place> elements() const {
    if (!value_.is_array() || value_.empty()) refuse("a list that is not empty");
    std::vector<Place> places;
    for (std::size_t i = 0; i < value_.size(); ++i)
      places.emplace_back(value_[i], file_, fmt::format("{}, entry {}", where_, i + 1));
    return places;
  }
  [[nodiscard]] std::string text() const {
    if (!value_.is_string()) refuse("a text");
    return value_.get<std::string>();
  }
  [[nodiscard]] std::int64_t positive() const {
    if (!value_.is_number_integer() || value_.get<std::int64_t>() < 1) refuse("a positive whole number");
    return value_.get<std::int64_t>();
  }
  [[nodiscard]] double number() const {
    if (!value_.is_number() || !std::isfinite(value_.get<double>())) refuse("a number");
    return value_.get<double>();
  }

 private:
  const Json& value_;
  std::string file_;
  std::string where_;
};

Json parse_file(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream || stream.peek() == std::ifstream::traits_type::eof())
    throw Error(ErrorCode::io, fmt::format("cannot read {}: {}", path, stream ? "it is empty" : std::strerror(errno)));
  try {
    return Json::parse(stream);
  } catch (const Json::parse_error& error) {
    throw Error(ErrorCode::data, fmt::format("{}: not JSON: damaged or cut off at byte {}", path, error.byte));
  }
}

Pretext read_pretext(const Place& place) {
  Pretext pretext;
  const std::string kind = place["kind"].text();
  std::optional<PretextKind> known;
  for (const PretextKind each :
       {PretextKind::reconstruct, PretextKind::gaussian, PretextKind::mask, PretextKind::dropout, PretextKind::keep})
    if (kind == kind_name(each)) known = each;
  if (!known) place["kind"].refuse("reconstruct, gaussian, mask, dropout or keep");
  pretext.kind = *known;
  if (has_patch(pretext.kind)) {
    const std::vector<Place> patch = place["patch"].elements();
    if (patch.size() != 2) place["patch"].refuse("a height and a width");
    pretext.patch_height = patch[0].positive();
    pretext.patch_width = patch[1].positive();
    const std::string channels = place["channels"].text();
    if (channels != "together" && channels != "separate") place["channels"].refuse("together or separate");
    pretext.channels = channels == "together" ? ChannelMode::together : ChannelMode::separate;
  }
  if (has_ratio(pretext.kind)) pretext.ratio = place["ratio"].number();
  if (pretext.kind == PretextKind::gaussian) pretext.sigma = place["sigma"].number();
  if (pretext.kind == PretextKind::keep) pretext.keep_count = place["count"].positive();
  return pretext;
}

FileCurve read_curve(const Place& place) {
  FileCurve curve{read_pretext(place["pretext"]), {}, {}};
  for (const Place& k : place["k"].elements()) {
    if (!curve.k.empty() && k.positive() <= curve.k.back()) k.refuse("a K larger than the one before");
    curve.k.push_back(k.positive());
  }
  for (const Place& value : place["alignment"].elements()) curve.alignment.push_back(value.number());
  if (curve.alignment.size() != curve.k.size())
    place["alignment"].refuse(fmt::format("{} values, one for each K, not {}", curve.k.size(), curve.alignment.size()));
  return curve;
}

}  // namespace

CurvesFile read_curves_file(const std::string& path) {
  const Json document = parse_file(path);
  const Place top(document, path, "the file");
  if (!top.has("format")) top.refuse(fmt::format("a curves file, with format {}", format_name));
  if (const std::string format = top["format"].text(); format != format_name)
    throw Error(ErrorCode::data, fmt::format("{}: format {}, this version reads {}", path, format, format_name));
  const Place dataset = top["dataset"];
  CurvesFile file{
      dataset["name"].text(), dataset["n"].positive(), dataset["d"].positive(), dataset["classes"].positive(), {}};
  for (const Place& curve : top["curves"].elements()) file.curves.push_back(read_curve(curve));
  return file;
}

}  // namespace eigenlens
