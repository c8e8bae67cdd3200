// SPDX-License-Identifier: Apache-2.0
/// \file
/// The gnuplot program, run once for a picture.
#pragma once

#include <string>
#include <string_view>

namespace eigenlens {

/// Runs a script with gnuplot's default settings and returns what it drew on its standard output.
/// Throws Error(unavailable) without the program, Error(io) with gnuplot's own words if it fails.
std::string run_gnuplot(const std::string& script);

/// Text in gnuplot's single quotes, where nothing is expanded or run; control characters become spaces.
std::string gnuplot_text(std::string_view text);

}  // namespace eigenlens
