// SPDX-License-Identifier: Apache-2.0
/// \file
/// Batches whose values a processor can read.
#pragma once

#include <fmt/format.h>

#include <string>

#include "eigenlens/dataset.hpp"
#include "eigenlens/error.hpp"

namespace eigenlens {

/// Error(usage) for values that are not on the host; `source`, which they came from, is named.
inline void require_host_memory(const Batch& batch, const std::string& source) {
  if (batch.place != MemoryPlace::host)
    throw Error(ErrorCode::usage,
                fmt::format("{}: samples {}.. lie in CUDA memory, which a MomentsAccumulator alone reads: copy them to "
                            "the host",
                            source, batch.first));
}

}  // namespace eigenlens
