// SPDX-License-Identifier: Apache-2.0
/// \file
/// x̄ of the samples behind some moments.
#pragma once

#include <vector>

#include "eigenlens/moments.hpp"

namespace eigenlens {

/// D, in units of the data.
std::vector<double> sample_mean(const Moments& moments);

}  // namespace eigenlens
