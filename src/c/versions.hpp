// SPDX-License-Identifier: Apache-2.0
/// \file
/// Structs that begin with their size: callers may have been compiled with an older or a newer header. A member that is
/// added makes its struct larger: an int32_t alone behind an int32_t at the end would lie in padding, which older
/// callers have in their size and never wrote.
#pragma once

#include <cstddef>

#include "c/guard.hpp"

namespace eigenlens::c {

/// Copies what both sides know of `given`, whose first member is its size, over `known`, which holds the defaults.
/// Error(usage) that names the struct for a size of 0 and for members that this library does not know and that are set.
void read_members(const void* given, void* known, std::size_t known_size, const char* name);
/// Error(usage) for a size that is none: before work whose outcome the struct is to take.
void require_size(const void* given, const char* name);
/// The other way: `given` keeps its size, and what it has beyond `known_size`.
void write_members(const void* known, void* given, std::size_t known_size, const char* name);

/// The caller's struct as this library knows it; NULL stands for the defaults.
template <class Struct>
Struct versioned(const Struct* given, const Struct& defaults, const char* name) {
  Struct known = defaults;
  if (given) read_members(given, &known, sizeof(Struct), name);
  return known;
}

/// The same of a struct that has to be there.
template <class Struct>
Struct versioned_required(const Struct* given, const Struct& defaults, const char* name) {
  required(given, name);
  return versioned(given, defaults, name);
}

/// Fills the caller's struct.
template <class Struct>
void fill(Struct* given, const Struct& values, const char* name) {
  write_members(&values, &required(given, name), sizeof(Struct), name);
}

}  // namespace eigenlens::c
