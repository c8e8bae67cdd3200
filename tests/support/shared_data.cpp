// SPDX-License-Identifier: Apache-2.0
#include "support/shared_data.hpp"

#include <cstdlib>

namespace eigenlens::test {

std::optional<std::filesystem::path> shared_data(const std::string& relative) {
  namespace fs = std::filesystem;
  const char* named = std::getenv("EIGENLENS_SHARED");
  const fs::path root = fs::path(__FILE__).parent_path().parent_path().parent_path();  // of tests/support/
  const fs::path found = (named != nullptr ? fs::path(named) : root.parent_path() / "shared") / relative;
  std::error_code error;
  if (!fs::exists(found, error)) return std::nullopt;
  return found;
}

}  // namespace eigenlens::test
