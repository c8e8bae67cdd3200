// SPDX-License-Identifier: Apache-2.0
/// \file
/// The commands. Each has a file of its own that defines its options and what it does.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

namespace eigenlens::cli {

/// One command, once it is known to the parser.
struct Command {
  CLI::App* parser = nullptr;
  /// Does the work; given the whole command line, for the provenance of results.
  std::function<void(const std::string& command_line)> run;
};

Command add_sweep_command(CLI::App& program);
Command add_advise_command(CLI::App& program);
Command add_impact_command(CLI::App& program);
Command add_encoders_command(CLI::App& program);
Command add_frontier_command(CLI::App& program);
Command add_moments_command(CLI::App& program);
Command add_merge_command(CLI::App& program);
Command add_bands_command(CLI::App& program);
Command add_learning_command(CLI::App& program);
Command add_plot_command(CLI::App& program);
Command add_report_command(CLI::App& program);
Command add_info_command(CLI::App& program);
Command add_generate_command(CLI::App& program);
Command add_masks_command(CLI::App& program);

}  // namespace eigenlens::cli
