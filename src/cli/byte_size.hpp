// SPDX-License-Identifier: Apache-2.0
/// \file
/// Amounts of memory as people write them.
#pragma once

#include <cstdint>
#include <string_view>

namespace eigenlens::cli {

/// Bytes of `800M`, `4G`, `1.5GiB`, `2GB` or `1073741824`. K, M, G, T and KiB, MiB, GiB, TiB are powers of 1024; KB,
/// MB, GB, TB powers of 1000; upper and lower case mean the same. Throws Error(usage) that quotes the text, also for 0.
std::int64_t parse_byte_size(std::string_view text);

}  // namespace eigenlens::cli
