// SPDX-License-Identifier: Apache-2.0
#include "report/result_place.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>

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

nlohmann::json parse_result(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream || stream.peek() == std::ifstream::traits_type::eof())
    throw Error(ErrorCode::io, fmt::format("cannot read {}: {}", path, stream ? "it is empty" : std::strerror(errno)));
  try {
    return nlohmann::json::parse(stream);
  } catch (const nlohmann::json::parse_error& error) {
    throw Error(ErrorCode::data, fmt::format("{}: not JSON: damaged or cut off at byte {}", path, error.byte));
  }
}

}  // namespace eigenlens
