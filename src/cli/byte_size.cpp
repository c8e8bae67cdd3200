// SPDX-License-Identifier: Apache-2.0
#include "byte_size.hpp"

#include <fmt/format.h>

#include <cctype>
#include <charconv>
#include <cmath>
#include <optional>

#include "eigenlens/error.hpp"

namespace eigenlens::cli {
namespace {

constexpr std::string_view prefixes = "kmgt";

/// Bytes in one unit: "" and "b" are 1, "m" and "mib" 1024², "mb" 1000². Nothing for an unknown unit.
std::optional<double> unit_size(std::string_view unit) {
  std::string lower;
  for (const char c : unit) lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (lower.empty() || lower == "b") return 1.0;
  const auto power = prefixes.find(lower[0]);
  if (power == std::string_view::npos) return std::nullopt;
  const std::string_view ending = std::string_view(lower).substr(1);
  if (ending.empty() || ending == "ib") return std::pow(1024.0, static_cast<double>(power) + 1);
  if (ending == "b") return std::pow(1000.0, static_cast<double>(power) + 1);
  return std::nullopt;
}

}  // namespace

std::int64_t parse_byte_size(std::string_view text) {
  double amount = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, amount, std::chars_format::fixed);
  std::string_view unit = error == std::errc() ? std::string_view(stop, static_cast<std::size_t>(end - stop)) : "?";
  if (unit.starts_with(' ')) unit.remove_prefix(1);
  const double bytes = std::floor(amount * unit_size(unit).value_or(0));
  constexpr double largest = 9.0e18;  // below 2⁶³
  if (!(bytes >= 1) || !(bytes <= largest)) {
    throw Error(
        ErrorCode::usage,
        fmt::format("'{}' is not an amount of memory; expected for example 800M, 4G, 2GiB or 1073741824", text));
  }
  return static_cast<std::int64_t>(bytes);
}

}  // namespace eigenlens::cli
