// SPDX-License-Identifier: Apache-2.0
/// \file
/// What a page says about a pretext: its family, and where it stands in it.
#pragma once

#include <optional>
#include <string>

#include "eigenlens/pretext.hpp"

namespace eigenlens {

inline constexpr const char* no_noise_family = "no noise";

/// What pretexts that differ in strength alone share: "4×4 patches hidden".
std::string family_of(const Pretext& pretext);
/// Rising with what the noise destroys; comparable within a family.
double strength_of(const Pretext& pretext);
/// Share of the input that is hidden, 0 to 1, where the pretext says it; 0 without noise.
std::optional<double> hidden_share(const Pretext& pretext, const ImageShape& shape);

}  // namespace eigenlens
