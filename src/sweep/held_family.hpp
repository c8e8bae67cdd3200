// SPDX-License-Identifier: Apache-2.0
/// \file
/// Which structures of masks dual moments hold.
#pragma once

#include "eigenlens/dual_moments.hpp"
#include "sweep/families.hpp"

namespace eigenlens {

/// Those that have the groups of these tasks. Error(usage) that names the ones held if there is none.
const DualFamily& held_family(const DualMoments& moments, const FamilyTasks& tasks);

}  // namespace eigenlens
