// SPDX-License-Identifier: Apache-2.0
/// \file
/// What somebody may have meant who mistyped a word.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "eigenlens/export.hpp"

namespace eigenlens {

/// The first of the words that are fewest edits (Levenshtein's distance) away; nothing where that is more than two.
EIGENLENS_API std::string nearest_word(std::string_view mistyped, const std::vector<std::string>& words);

}  // namespace eigenlens
