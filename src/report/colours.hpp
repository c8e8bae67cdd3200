// SPDX-License-Identifier: Apache-2.0
/// \file
/// The colours of lines, as "#rrggbb".
#pragma once

#include <cstddef>
#include <string>

namespace eigenlens {

/// Viridis from dark to light; its lightest tenth is hard to see on white and left out.
std::string ordered_colour(std::size_t index, std::size_t count);
/// Colours without order, told apart by colour-blind readers too (Okabe and Ito).
std::string named_colour(std::size_t index);

}  // namespace eigenlens
