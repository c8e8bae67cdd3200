// SPDX-License-Identifier: Apache-2.0
/// \file
/// Output paths are checked before the long work starts: a typo must not cost the run.
#pragma once

#include <string>
#include <vector>

namespace eigenlens::cli {

/// Throws unless every path can be written: its directory exists and takes new files, and the path itself is free or a
/// regular file. Error(io) says what is wrong; Error(usage) if two outputs are one file or an output is one of the
/// inputs, or a file that is there already in an input's folder and is no result.
void require_writable(const std::vector<std::string>& outputs, const std::vector<std::string>& inputs);

/// Throws unless this folder, which an option names, is empty or can be made: Error(usage) or Error(io).
void require_free_folder(const std::string& option, const std::string& path);

}  // namespace eigenlens::cli
