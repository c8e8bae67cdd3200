// SPDX-License-Identifier: Apache-2.0
/// \file
/// What the machine is and what this process may use of it.
#pragma once

#include <cstdint>
#include <string>

namespace eigenlens {

/// "Intel(R) Xeon(R) Gold 6430", or the architecture where the system does not say.
std::string processor_name();

/// Cores in this process's affinity mask, at most its cgroup's quota (rounded up), at least 1.
int available_threads();

/// Bytes that can be had now: MemAvailable, at most what the cgroup leaves and what RLIMIT_AS allows.
std::int64_t available_memory();

}  // namespace eigenlens
