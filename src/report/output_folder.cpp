// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <filesystem>

#include "eigenlens/error.hpp"
#include "eigenlens/report.hpp"

namespace eigenlens {

void require_empty_folder(const std::string& folder) {
  std::filesystem::path path(folder);
  if (path.has_parent_path() && !path.has_filename()) path = path.parent_path();  // "out/" is "out"
  std::error_code ignored, unread;
  if (std::filesystem::exists(path, ignored) && !std::filesystem::is_directory(path, ignored))
    throw Error(ErrorCode::io, fmt::format("{}: a file is in the folder's place", folder));
  if (std::filesystem::is_directory(path, ignored)) {
    const bool empty = std::filesystem::is_empty(path, unread);
    if (unread) throw Error(ErrorCode::io, fmt::format("cannot read the folder {}: {}", folder, unread.message()));
    if (empty) return;
    throw Error(ErrorCode::usage,
                fmt::format("{} is not empty: name a folder that is, or one that is not there yet", folder));
  }
  const std::filesystem::path parent = std::filesystem::absolute(path, ignored).parent_path();
  if (!std::filesystem::is_directory(parent, ignored))
    throw Error(ErrorCode::io, fmt::format("{}: there is no folder {}", folder, parent.string()));
}

}  // namespace eigenlens
