// SPDX-License-Identifier: Apache-2.0
/// \file
/// The commands as their definitions in the parser have them, for man pages and shell completion: what is made of this
/// can name no option that the program does not take.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace eigenlens::cli {

/// What a value is, by the name of its type in the help.
enum class ValueKind {
  none,     ///< there is none: a flag
  text,     ///< anything: numbers, names, lists
  file,     ///< FILE, DATA, ...: a file or a folder
  folder,   ///< FOLDER
  choice,   ///< A|B|C
  pretext,  ///< SPEC
};

/// An option or, if it has no names, a positional argument.
struct Argument {
  std::vector<std::string> names;  ///< "-o", "--out"
  std::string value;               ///< as the help writes it: FILE
  std::string text;                ///< one sentence
  std::string group;               ///< heading in the help
  ValueKind kind = ValueKind::text;
  std::vector<std::string> choices;  ///< of choice
  bool required = false;
  bool repeats = false;
};

struct CommandModel {
  std::string name;  ///< empty: the program itself
  std::string text;
  std::string footer;
  std::vector<Argument> options;
  std::vector<Argument> positionals;
};

struct ProgramModel {
  CommandModel program;
  std::vector<CommandModel> commands;  ///< in the order of the help; hidden ones are left out
};

ProgramModel model_of(const CLI::App& program);

/// What a SPEC can begin with: "reconstruct", "mask:patch=", ...
std::vector<std::string> pretext_beginnings();

/// `text` with every `what` replaced.
std::string replaced(std::string text, std::string_view what, std::string_view with);

}  // namespace eigenlens::cli
