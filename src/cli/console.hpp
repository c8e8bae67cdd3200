// SPDX-License-Identifier: Apache-2.0
/// \file
/// What goes where: results to stdout, everything else to stderr.
#pragma once

#include <string_view>

namespace eigenlens::cli {

/// quiet: no progress, plan or notes on stderr.
enum class Verbosity { normal, quiet };

/// Thrown when the reader of stdout has gone away (`eigenlens sweep … | head -1`): the program ends without a message.
struct BrokenPipe {};

/// Makes sure that descriptors 0, 1 and 2 are taken, so that no output file is opened as the stdout of a careless
/// caller.
void reserve_standard_streams();

/// Writes a result to stdout at once. Throws Error(io) if the system refuses (disk full, closed), or BrokenPipe.
void print(std::string_view text);

/// One line on stderr, after "eigenlens: "; nothing if quiet.
void note(Verbosity verbosity, std::string_view text);

/// Text on stderr as it is, whatever the verbosity.
void print_error(std::string_view text);

/// "eigenlens: error: message" on stderr.
void report_error(std::string_view message);

}  // namespace eigenlens::cli
