// SPDX-License-Identifier: Apache-2.0
/// \file
/// The latent dimensions that --k asks for.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace eigenlens::cli {

/// `all` gives an empty list; `1,2,4,8-16` gives its values, ascending, each once. Throws Error(usage) that quotes the
/// text for anything else: an empty entry, a K below 1, a range that runs backwards.
std::vector<std::int64_t> parse_k_list(std::string_view text);

}  // namespace eigenlens::cli
