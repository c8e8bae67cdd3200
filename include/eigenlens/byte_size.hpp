// SPDX-License-Identifier: Apache-2.0
/// \file
/// Amounts of memory as every message writes them.
#pragma once

#include <cstdint>
#include <string>

#include "eigenlens/export.hpp"

namespace eigenlens {

/// `612 B`, `4.7 MiB`, `2.47 GiB`: powers of 1024; two decimals from GiB on, where a tenth would be 100 MiB.
EIGENLENS_API std::string format_byte_size(std::int64_t bytes);

}  // namespace eigenlens
