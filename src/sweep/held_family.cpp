// SPDX-License-Identifier: Apache-2.0
#include "sweep/held_family.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <vector>

#include "eigenlens/error.hpp"

namespace eigenlens {

const DualFamily& held_family(const DualMoments& moments, const FamilyTasks& tasks) {
  std::vector<std::string> held;
  for (const DualFamily& family : moments.families) {
    if (mask_groups(family.structure, moments.shape) == tasks.groups) return family;
    held.push_back(family_name(family.structure));
  }
  throw Error(ErrorCode::usage,
              fmt::format("{}: these dual moments do not hold {}, only reconstruct, gaussian{}{}: it takes the images "
                          "to add it (eigenlens moments DATA --form dual --pretext ...)",
                          moments.dataset, tasks.name, held.empty() ? "" : ", ", fmt::join(held, ", ")));
}

}  // namespace eigenlens
