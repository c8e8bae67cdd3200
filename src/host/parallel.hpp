// SPDX-License-Identifier: Apache-2.0
/// \file
/// Work shared among threads that live for one call.
#pragma once

#include <cstdint>
#include <functional>

namespace eigenlens {

/// Calls body(i) for every i in [0, count), on `threads` threads that take the next i as they become free. The first
/// exception stops the handing out and is rethrown here.
void parallel_for(int threads, std::int64_t count, const std::function<void(std::int64_t)>& body);

}  // namespace eigenlens
