// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <new>
#include <string>
#include <vector>

#include "commands.hpp"
#include "console.hpp"
#include "eigenlens/error.hpp"
#include "eigenlens/nearest_word.hpp"
#include "eigenlens/version.hpp"
#include "interrupt.hpp"

namespace eigenlens::cli {
namespace {

constexpr auto description =
    R"(eigenlens shows what learning by reconstruction finds, and how much of a perception task survives in it.
It reads a labelled image data set once, keeps its exact second moments, and gives the alignment between
reconstruction and perception for every latent dimension K, without noise and for every family of masks.)";

constexpr auto footer = R"(Start here:
  eigenlens sweep /usr/share/datasets/fashion-mnist --pretext reconstruct
  eigenlens sweep /usr/share/datasets/fashion-mnist --pretext reconstruct \
      --pretext mask:patch=4,ratio=0:0.99:10 --out curves.json
  eigenlens plot curves.json --out curves.svg
  eigenlens sweep --help          explains the pretexts
(Fashion-MNIST is the Debian package dataset-fashion-mnist; without it,
`eigenlens generate images` makes a data set to use instead.)

Results go to stdout, everything else to stderr. Exit codes: 0 done, 2 wrong usage,
3 damaged or unfit data, 4 reading or writing failed, 5 not enough memory,
6 no mathematical answer, 7 a device or program is missing, 8 cancelled,
9 a device or its library failed, 130 or 143 stopped by a signal, 1 anything else.)";

constexpr int unknown_failure = 1;
constexpr int signal_base = 128;

/// The command line as it could be typed again.
std::string quoted(const std::vector<std::string>& arguments) {
  std::string line = "eigenlens";
  for (const auto& argument : arguments) {
    constexpr auto plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";
    if (!argument.empty() && argument.find_first_not_of(plain) == std::string::npos) {
      line += " " + argument;
      continue;
    }
    line += " '";
    for (const char c : argument) line += c == '\'' ? std::string("'\\''") : std::string(1, c);
    line += "'";
  }
  return line;
}

/// A word in the place of a command that is none: the parser would only say that it was not expected.
void require_known_command(const std::vector<std::string>& arguments, const std::vector<Command>& commands) {
  if (arguments.empty() || arguments.front().starts_with('-')) return;
  const std::string& word = arguments.front();
  std::vector<std::string> names;
  for (const Command& command : commands) names.push_back(command.parser->get_name());
  if (std::find(names.begin(), names.end(), word) != names.end()) return;
  const std::string nearest = nearest_word(word, names);
  const std::string hint = nearest.empty() ? "see eigenlens --help" : fmt::format("did you mean '{}'?", nearest);
  throw Error(ErrorCode::usage, fmt::format("there is no command '{}'; {}", word, hint));
}

std::vector<Command> add_commands(CLI::App& program) {
  return {add_sweep_command(program),    add_advise_command(program),   add_frontier_command(program),
          add_impact_command(program),   add_encoders_command(program), add_bands_command(program),
          add_learning_command(program), add_moments_command(program),  add_merge_command(program),
          add_plot_command(program),     add_report_command(program),   add_info_command(program),
          add_masks_command(program),    add_generate_command(program), add_completion_command(program),
          add_man_command(program)};
}

std::string short_help(const std::vector<Command>& commands) {
  std::string text = "usage: eigenlens COMMAND ...; eigenlens --help and eigenlens COMMAND --help say more\n\n";
  for (const auto& command : commands) {
    if (command.parser->get_group().empty()) continue;  // hidden
    text += fmt::format("  {:<9} {}\n", command.parser->get_name(), command.parser->get_description());
  }
  return text;
}

int run_program(const std::vector<std::string>& arguments) {
  CLI::App program(description, "eigenlens");
  program.footer(footer);
  program.set_version_flag("--version", fmt::format("eigenlens {} (git {})", EIGENLENS_VERSION, EIGENLENS_GIT),
                           "Print the version and stop");
  program.set_help_flag("-h,--help", "Print this help and stop");
  program.require_subcommand(0, 1);
  program.get_formatter()->column_width(28);
  const auto commands = add_commands(program);
  require_known_command(arguments, commands);
  try {
    program.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::CallForHelp&) {
    print(program.help() + "\n");
    return 0;
  } catch (const CLI::CallForVersion& version) {
    print(fmt::format("{}\n", version.what()));
    return 0;
  } catch (const CLI::ParseError& error) {
    throw Error(ErrorCode::usage, error.what());
  }
  for (const auto& command : commands) {
    if (!command.parser->parsed()) continue;
    command.run(quoted(arguments));
    return 0;
  }
  print_error(short_help(commands));
  return static_cast<int>(ErrorCode::usage);
}

/// Runs the program; every failure becomes one message and one exit code here.
int guarded(const std::vector<std::string>& arguments) {
  try {
    return run_program(arguments);
  } catch (const Error& error) {
    const bool stopped = error.code() == ErrorCode::cancelled && interrupt_signal() != 0;
    report_error(stopped ? "stopped by a signal before the result was written" : error.what());
    return stopped ? signal_base + interrupt_signal() : static_cast<int>(error.code());
  } catch (const BrokenPipe&) {
    return signal_base + SIGPIPE;
  } catch (const std::bad_alloc&) {
    report_error("the system gave no more memory; --memory sets a budget that is checked before the work starts");
    return static_cast<int>(ErrorCode::memory);
  } catch (const std::exception& error) {
    report_error(error.what());
  } catch (...) {
    report_error("unknown failure");
  }
  return unknown_failure;
}

}  // namespace
}  // namespace eigenlens::cli

int main(int argc, char** argv) {
  eigenlens::cli::reserve_standard_streams();
  eigenlens::cli::watch_interrupts();
  return eigenlens::cli::guarded(std::vector<std::string>(argv + std::min(argc, 1), argv + argc));
}
