// SPDX-License-Identifier: Apache-2.0
/// \file
/// Tests that run elsewhere than they were built (bench/device-pack.sh).
#pragma once

#include <string>

namespace eigenlens::test {

/// A path that was compiled in, of the sources or of the build folder, as it is now: EIGENLENS_MOVED_SOURCE and
/// EIGENLENS_MOVED_BUILD name where those two lie, if it is not where they were.
std::string moved(const std::string& path);

}  // namespace eigenlens::test
