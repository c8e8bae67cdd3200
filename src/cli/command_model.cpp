// SPDX-License-Identifier: Apache-2.0
#include "command_model.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace eigenlens::cli {
namespace {

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == at)
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

/// `value` is the name of the type, or of the argument.
ValueKind kind_of(const std::string& value) {
  constexpr std::array files = {"FILE", "FILES", "DATA", "TEST", "CURVES"};
  if (value.empty()) return ValueKind::none;
  if (value.find('|') != std::string::npos) return ValueKind::choice;
  if (value == "SPEC") return ValueKind::pretext;
  if (value == "FOLDER") return ValueKind::folder;
  const bool file = std::find(files.begin(), files.end(), value) != files.end();
  return file || value.starts_with("FILE") ? ValueKind::file : ValueKind::text;
}

Argument argument_of(const CLI::Option& option) {
  Argument argument;
  for (const std::string& name : option.get_snames()) argument.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) argument.names.push_back("--" + name);
  const bool takes_value = option.get_type_size_max() > 0;
  if (takes_value) argument.value = option.get_type_name();
  const bool plain_type = argument.value.empty() || argument.value == "TEXT";
  argument.kind = takes_value ? kind_of(argument.value) : ValueKind::none;
  if (option.get_positional()) {
    if (argument.kind == ValueKind::text || plain_type) argument.kind = kind_of(option.get_name());
    argument.value = option.get_name();
  }
  if (argument.kind == ValueKind::choice)
    for (const std::string& choice : split(argument.value, '|'))
      if (std::none_of(choice.begin(), choice.end(), [](unsigned char c) { return std::isupper(c); }))
        argument.choices.push_back(choice);  // what has a capital stands for something: cuda:N
  argument.text = option.get_description();
  argument.group = option.get_group();
  argument.required = option.get_required();
  argument.repeats = option.get_items_expected_max() > 1;
  return argument;
}

CommandModel command_of(const CLI::App& app) {
  CommandModel command;
  command.name = app.get_name();
  command.text = app.get_description();
  command.footer = app.get_footer();
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    auto& list = option->get_positional() ? command.positionals : command.options;
    list.push_back(argument_of(*option));
  }
  return command;
}

}  // namespace

ProgramModel model_of(const CLI::App& program) {
  ProgramModel model;
  model.program = command_of(program);
  for (const CLI::App* command : program.get_subcommands([](const CLI::App* app) { return !app->get_group().empty(); }))
    model.commands.push_back(command_of(*command));
  return model;
}

std::vector<std::string> pretext_beginnings() {
  // A test compares them with what parse_pretext says that it expects.
  return {"reconstruct",   "gaussian:sigma=", "gaussian:covariance=", "mask:patch=",       "dropout:ratio=",
          "keep:patch=",   "masks:",          "blocks:patch=",        "multiblock:patch=", "grid:patch=",
          "centre:patch=", "crop:patch=",     "joint:lambda="};
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
  return text;
}

}  // namespace eigenlens::cli
