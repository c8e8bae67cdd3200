// SPDX-License-Identifier: Apache-2.0
#include "c/versions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "eigenlens/error.hpp"

namespace eigenlens::c {
namespace {

/// Beyond it a size is no size: memory that nobody wrote.
constexpr std::size_t largest_size = 4096;

std::size_t size_of(const void* given, const char* name) {
  std::size_t size = 0;
  std::memcpy(&size, given, sizeof size);
  if (size < sizeof size || size > largest_size)
    throw Error(ErrorCode::usage,
                fmt::format("{}: struct_size is {}: initialise the struct with its EIGENLENS_..._INIT", name, size));
  return size;
}

}  // namespace

void read_members(const void* given, void* known, std::size_t known_size, const char* name) {
  const std::size_t size = size_of(given, name);
  const auto* bytes = static_cast<const unsigned char*>(given);
  const auto set = [](unsigned char byte) { return byte != 0; };
  if (size > known_size && std::any_of(bytes + known_size, bytes + size, set))
    throw Error(ErrorCode::usage,
                fmt::format("{}: struct_size is {}, and members beyond the {} bytes that this library knows are set: "
                            "the program was made for a newer eigenlens",
                            name, size, known_size));
  const std::size_t shared = std::min(size, known_size) - sizeof(std::size_t);
  std::memcpy(static_cast<unsigned char*>(known) + sizeof(std::size_t), bytes + sizeof(std::size_t), shared);
}

void require_size(const void* given, const char* name) { size_of(given, name); }

void write_members(const void* known, void* given, std::size_t known_size, const char* name) {
  const std::size_t shared = std::min(size_of(given, name), known_size) - sizeof(std::size_t);
  std::memcpy(static_cast<unsigned char*>(given) + sizeof(std::size_t),
              static_cast<const unsigned char*>(known) + sizeof(std::size_t), shared);
}

}  // namespace eigenlens::c
