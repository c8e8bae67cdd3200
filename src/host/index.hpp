// SPDX-License-Identifier: Apache-2.0
/// \file
/// Our sizes are signed, the standard library's are not.
#pragma once

#include <cstddef>
#include <cstdint>

namespace eigenlens {

/// A signed index or size for a standard container; never negative.
inline std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

}  // namespace eigenlens
