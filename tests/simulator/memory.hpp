// SPDX-License-Identifier: Apache-2.0
/// \file
/// Device memory: a table of what is allocated, and the question that every call asks of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace eigenlens::simulator {

/// What fresh device memory is full of: NaN as double.
inline constexpr int poison = 0xFF;

/// Bytes that an operation reads or writes.
struct Extent {
  const void* data;
  std::size_t bytes;
  const char* name;  ///< for the message: "A", "workspace"
};

/// Throws a Refusal unless the extent lies inside one live allocation that is not on its way out. None is needed for
/// no bytes.
void require_device(const Extent& extent);
/// The same when the operation runs: what was freed, or is not yet there in this order of streams, is
/// cudaErrorIllegalAddress.
void require_present(const Extent& extent);

bool is_device(const void* data);
/// Lies, as a whole, in page-locked host memory.
bool is_pinned(const void* data, std::size_t bytes);
/// Throws a Refusal unless a kernel may be given this pointer: to device memory, page-locked memory, or nothing.
void require_reachable(const void* data);
/// Throws a Refusal if something wrote just outside an allocation. `who` did.
void require_fences(const std::string& who);

std::int64_t live_allocations();

}  // namespace eigenlens::simulator
