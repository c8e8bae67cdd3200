// SPDX-License-Identifier: Apache-2.0
/// \file
/// Looking into the directory that a user named as a data set.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace eigenlens {

/// Throws Error(io) with the system's reason when there is nothing at the path or it may not be looked at.
bool is_directory(const std::string& path);
bool is_file(const std::string& path);

/// The names in a directory, sorted; for a file just its own name. Throws Error(io).
std::vector<std::string> names_at(const std::string& path);

std::string join_path(const std::string& directory, const std::string& name);
std::string parent_of(const std::string& path);  ///< "." for a bare name
std::string name_of(const std::string& path);    ///< "a.npy" of "b/a.npy"
/// The directory's last component, also of "." and of "a/b/".
std::string directory_name(const std::string& path);

/// Throws Error(usage): the split is not there, and which ones are.
[[noreturn]] void fail_split(const std::string& path, const std::string& split, std::span<const std::string> present);

/// Throws Error(usage): the directory holds several images files for one split.
[[noreturn]] void fail_several(const std::string& path, const std::string& format, std::span<const std::string> images);

}  // namespace eigenlens
