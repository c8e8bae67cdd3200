// SPDX-License-Identifier: Apache-2.0
#include "eigenlens/byte_size.hpp"

#include <fmt/format.h>

#include <array>

namespace eigenlens {

std::string format_byte_size(std::int64_t bytes) {
  constexpr std::array units = {"KiB", "MiB", "GiB", "TiB"};
  if (bytes < 1024) return fmt::format("{} B", bytes);
  double amount = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  for (; amount >= 999.95 && unit + 1 < units.size(); ++unit) amount /= 1024;
  return fmt::format("{:.{}f} {}", amount, unit < 2 ? 1 : 2, units[unit]);
}

}  // namespace eigenlens
