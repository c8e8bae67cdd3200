// SPDX-License-Identifier: Apache-2.0
#include "report/result_place.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>

#include "eigenlens/error.hpp"

namespace eigenlens {

void Place::refuse(const std::string& expected) const {
  throw Error(ErrorCode::data, fmt::format("{}: {}: expected {}", file_, where_, expected));
}

Place Place::operator[](const char* key) const {
  if (!has(key)) throw Error(ErrorCode::data, fmt::format("{}: {} has no {}", file_, where_, key));
  return {value_[key], file_, fmt::format("{}, {}", where_, key)};
}

std::vector<Place> Place::elements() const {
  if (!value_.is_array() || value_.empty()) refuse("a list that is not empty");
  std::vector<Place> places;
  for (std::size_t i = 0; i < value_.size(); ++i)
    places.emplace_back(value_[i], file_, fmt::format("{}, entry {}", where_, i + 1));
  return places;
}

std::string Place::text() const {
  if (!value_.is_string()) refuse("a text");
  return value_.get<std::string>();
}

std::int64_t Place::positive() const {
  if (!value_.is_number_integer() || value_.get<std::int64_t>() < 1) refuse("a positive whole number");
  return value_.get<std::int64_t>();
}

double Place::number() const {
  if (!value_.is_number() || !std::isfinite(value_.get<double>())) refuse("a number");
  return value_.get<double>();
}

std::vector<double> Place::numbers() const {
  std::vector<double> all;
  for (const Place& entry : elements()) all.push_back(entry.number());
  return all;
}

double read_weight(const Place& place) {
  if (place.is_text()) {
    if (place.text() != "inf") place.refuse("a number or inf");
    return std::numeric_limits<double>::infinity();
  }
  if (place.number() < 0) place.refuse("a number from 0, or inf");
  return place.number();
}

std::string read_result_text(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream || stream.peek() == std::ifstream::traits_type::eof())
    throw Error(ErrorCode::io, fmt::format("cannot read {}: {}", path, stream ? "it is empty" : std::strerror(errno)));
  return {std::istreambuf_iterator<char>(stream), {}};
}

nlohmann::json parse_result_text(const std::string& text, const std::string& path) {
  try {
    return nlohmann::json::parse(text);
  } catch (const nlohmann::json::parse_error& error) {
    throw Error(ErrorCode::data, fmt::format("{}: not JSON: damaged or cut off at byte {}", path, error.byte));
  }
}

nlohmann::json parse_result(const std::string& path) { return parse_result_text(read_result_text(path), path); }

}  // namespace eigenlens
