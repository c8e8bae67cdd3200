// SPDX-License-Identifier: Apache-2.0
#include "report/colours.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

namespace eigenlens {

std::string ordered_colour(std::size_t index, std::size_t count) {
  constexpr std::array<std::array<double, 3>, 6> anchors = {
      {{68, 1, 84}, {65, 68, 135}, {42, 120, 142}, {34, 168, 132}, {122, 209, 81}, {189, 223, 38}}};
  const double share = count < 2 ? 0.3 : static_cast<double>(index) / static_cast<double>(count - 1);
  const double at = share * (anchors.size() - 1);
  const auto low = std::min(static_cast<std::size_t>(at), anchors.size() - 2);
  std::array<long, 3> rgb{};
  for (std::size_t c = 0; c < 3; ++c)
    rgb[c] = std::lround(std::lerp(anchors[low][c], anchors[low + 1][c], at - static_cast<double>(low)));
  return fmt::format("#{:02x}{:02x}{:02x}", rgb[0], rgb[1], rgb[2]);
}

std::string named_colour(std::size_t index) {
  constexpr const char* colours[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                     "#e69f00", "#56b4e9", "#8c6d1f", "#7f3c8d"};
  return colours[index % std::size(colours)];
}

}  // namespace eigenlens
