// SPDX-License-Identifier: Apache-2.0
/// \file
/// The gnuplot program, run once for a picture.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace eigenlens {

/// Runs a script with gnuplot's default settings and returns what it drew on its standard output.
/// Throws Error(unavailable) without the program, Error(io) with gnuplot's own words if it fails.
std::string run_gnuplot(const std::string& script);

/// Text in gnuplot's single quotes, where nothing is expanded or run; control characters become spaces.
std::string gnuplot_text(std::string_view text);

/// ".svg" or ".png", from the end of a picture's name; Error(usage) for any other.
std::string_view picture_ending(std::string_view out);
/// The terminal for such an ending, of so many pixels; pngcairo where gnuplot has it.
std::string gnuplot_terminal(std::string_view ending, std::size_t width, std::size_t height);

}  // namespace eigenlens
