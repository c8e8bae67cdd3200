// SPDX-License-Identifier: Apache-2.0
#include "k_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>

#include "eigenlens/error.hpp"

namespace eigenlens::cli {
namespace {

/// No rank comes near it; it keeps a slip such as 1-10000000000 from filling the memory.
constexpr std::int64_t largest_k = 1'000'000;

[[noreturn]] void refuse(std::string_view text, const std::string& reason) {
  throw Error(ErrorCode::usage, fmt::format("--k '{}': {}; expected 'all' or a list such as 1,2,4,8-16", text, reason));
}

std::int64_t parse_k(std::string_view digits, std::string_view text) {
  std::int64_t k = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, k);
  if (digits.empty() || stop != end || (error != std::errc() && error != std::errc::result_out_of_range)) {
    refuse(text, digits.empty() ? "a number is missing" : fmt::format("'{}' is not a whole number", digits));
  }
  if (error == std::errc::result_out_of_range || k > largest_k) {
    refuse(text, fmt::format("K = {} is beyond {}, more than any rank", digits, largest_k));
  }
  if (k < 1) refuse(text, fmt::format("K = {} is below 1, and a latent space has at least one dimension", digits));
  return k;
}

}  // namespace

std::vector<std::int64_t> parse_k_list(std::string_view text) {
  std::vector<std::int64_t> list;
  if (text == "all") return list;
  std::string_view rest = text;
  for (bool more = true; more;) {
    const auto comma = rest.find(',');
    const std::string_view entry = rest.substr(0, comma);
    more = comma != std::string_view::npos;
    if (more) rest.remove_prefix(comma + 1);
    const auto dash = entry.find('-', 1);  // a leading dash is a sign, and a negative K has a message of its own
    const std::int64_t first = parse_k(entry.substr(0, dash), text);
    const std::int64_t last = dash == std::string_view::npos ? first : parse_k(entry.substr(dash + 1), text);
    if (last < first) refuse(text, fmt::format("the range {} runs backwards", entry));
    for (std::int64_t k = first; k <= last; ++k) list.push_back(k);
  }
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
  return list;
}

}  // namespace eigenlens::cli
