// SPDX-License-Identifier: Apache-2.0
#include "support/moved.hpp"

#include <cstdlib>
#include <optional>

namespace eigenlens::test {
namespace {

/// The path below `to`, if it was below `from` and the variable says where that is.
std::optional<std::string> below(const char* variable, const std::string& from, const std::string& path) {
  const char* to = std::getenv(variable);
  if (!to || !*to || (path != from && !path.starts_with(from + "/"))) return std::nullopt;
  return to + path.substr(from.size());
}

}  // namespace

std::string moved(const std::string& path) {
  // A build folder may lie among the sources, which is why it is asked first.
  if (const auto now = below("EIGENLENS_MOVED_BUILD", EIGENLENS_BUILD_DIR, path)) return *now;
  return below("EIGENLENS_MOVED_SOURCE", EIGENLENS_SOURCE_DIR, path).value_or(path);
}

}  // namespace eigenlens::test
