// SPDX-License-Identifier: Apache-2.0
#include "eigenlens/nearest_word.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>

namespace eigenlens {
namespace {

constexpr std::size_t most_edits = 2;

/// Levenshtein's distance.
std::size_t edits(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string nearest_word(std::string_view mistyped, const std::vector<std::string>& words) {
  const auto nearest = std::min_element(words.begin(), words.end(), [mistyped](const auto& a, const auto& b) {
    return edits(mistyped, a) < edits(mistyped, b);
  });
  if (nearest == words.end() || edits(mistyped, *nearest) > most_edits) return {};
  return *nearest;
}

}  // namespace eigenlens
