// SPDX-License-Identifier: Apache-2.0
// `eigenlens completion bash`, zsh or fish: a script for that shell, made of the commands' definitions.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <string>

#include "command_model.hpp"
#include "commands.hpp"
#include "console.hpp"
#include "eigenlens/error.hpp"

namespace eigenlens::cli {
namespace {

/// One word of a POSIX shell.
std::string shell_word(const std::string& text) { return fmt::format("'{}'", replaced(text, "'", "'\\''")); }

// ---- bash

/// The statement that fills COMPREPLY with what `argument` can be.
std::string bash_reply(const Argument& argument) {
  switch (argument.kind) {
    case ValueKind::file:
      return "_eigenlens_reply -f";
    case ValueKind::folder:
      return "_eigenlens_reply -d";
    case ValueKind::choice:
      return fmt::format("_eigenlens_reply -W {}", shell_word(fmt::format("{}", fmt::join(argument.choices, " "))));
    case ValueKind::pretext:
      return fmt::format("compopt -o nospace; _eigenlens_reply -W {}",
                         shell_word(fmt::format("{}", fmt::join(pretext_beginnings(), " "))));
    default:
      return ":";
  }
}

std::string bash_command(const CommandModel& command) {
  std::string text = fmt::format("    {})\n      case $previous in\n", command.name);
  std::string names;
  for (const Argument& option : command.options) {
    names += fmt::format("{}{}", names.empty() ? "" : " ", fmt::join(option.names, " "));
    if (option.kind != ValueKind::none)
      text += fmt::format("        {}) {}; return ;;\n", fmt::join(option.names, "|"), bash_reply(option));
  }
  text += "      esac\n";
  text += fmt::format("      if [[ $current == -* ]]; then _eigenlens_reply -W {}\n", shell_word(names));
  if (!command.positionals.empty()) text += fmt::format("      else {}\n", bash_reply(command.positionals.front()));
  return text + "      fi ;;\n";
}

std::string bash(const ProgramModel& model) {
  std::string names;
  for (const CommandModel& command : model.commands) names += command.name + " ";
  for (const Argument& option : model.program.options) names += fmt::format("{} ", fmt::join(option.names, " "));
  std::string text = R"(# Completion of eigenlens for bash; made by `eigenlens completion bash`.
_eigenlens_reply() {
  case $1 in -f|-d) compopt -o filenames ;; esac
  mapfile -t COMPREPLY < <(compgen "$@" -- "$current")
}
_eigenlens() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command='' i
  COMPREPLY=()
  case $current$previous in *[:=]*) return ;; esac  # inside of a value such as mask:patch=4
  for ((i = 1; i < COMP_CWORD; ++i)); do
    if [[ ${COMP_WORDS[i]} != -* ]]; then command=${COMP_WORDS[i]}; break; fi
  done
  case $command in
)";
  text += fmt::format("    '') _eigenlens_reply -W {} ;;\n", shell_word(names));
  for (const CommandModel& command : model.commands) text += bash_command(command);
  return text + "  esac\n}\ncomplete -F _eigenlens eigenlens\n";
}

// ---- zsh

/// Text inside of a specification of _arguments, in which brackets and colons mean something.
std::string zsh_text(std::string text) {
  for (const std::string_view special : {"\\", "[", "]", ":"})
    text = replaced(text, special, "\\" + std::string(special));
  return text;
}

std::string zsh_action(const Argument& argument) {
  switch (argument.kind) {
    case ValueKind::file:
      return "_files";
    case ValueKind::folder:
      return "_files -/";
    case ValueKind::choice:
      return fmt::format("({})", fmt::join(argument.choices, " "));
    case ValueKind::pretext:
      return fmt::format("compadd -S '' -- {}", fmt::join(pretext_beginnings(), " "));
    default:
      return " ";
  }
}

std::string zsh_option(const Argument& option) {
  std::string text;
  for (const std::string& name : option.names) {
    const std::string once = option.repeats ? "*" : fmt::format("({})", fmt::join(option.names, " "));
    std::string specification = fmt::format("{}{}[{}]", once, name, zsh_text(option.text));
    if (option.kind != ValueKind::none)
      specification += fmt::format(":{}:{}", zsh_text(option.value), zsh_action(option));
    text += fmt::format("        {} \\\n", shell_word(specification));
  }
  return text;
}

std::string zsh(const ProgramModel& model) {
  std::string text = R"(#compdef eigenlens
# Completion of eigenlens for zsh; made by `eigenlens completion zsh`.
_eigenlens() {
  local context state state_descr line
  typeset -A opt_args
  local -a commands=(
)";
  for (const CommandModel& command : model.commands)
    text += fmt::format("    {}\n", shell_word(command.name + ":" + zsh_text(command.text)));
  text += "  )\n  _arguments -C \\\n";
  for (const Argument& option : model.program.options) text += zsh_option(option);
  text += R"(        '1:command:->command' '*::argument:->argument'
  case $state in
    command) _describe command commands ;;
    argument) case $words[1] in
)";
  for (const CommandModel& command : model.commands) {
    text += fmt::format("      {}) _arguments \\\n", command.name);
    for (const Argument& option : command.options) text += zsh_option(option);
    for (const Argument& positional : command.positionals)
      text += fmt::format("        {} \\\n",
                          shell_word(fmt::format("*:{}:{}", zsh_text(positional.value), zsh_action(positional))));
    text += "        ;;\n";
  }
  return text +
         "    esac ;;\n  esac\n}\nif [ \"$funcstack[1]\" = _eigenlens ]; then _eigenlens \"$@\"; else compdef "
         "_eigenlens eigenlens; fi\n";
}

// ---- fish

std::string fish_word(const std::string& text) {
  return fmt::format("'{}'", replaced(replaced(text, "\\", "\\\\"), "'", "\\'"));
}

/// -F: files too; -f: nothing but what -a lists.
std::string fish_value(const Argument& argument) {
  switch (argument.kind) {
    case ValueKind::none:
      return " -f";
    case ValueKind::file:
      return " -r -F";
    case ValueKind::folder:
      return " -x -a '(__fish_complete_directories)'";
    case ValueKind::choice:
      return fmt::format(" -x -a {}", fish_word(fmt::format("{}", fmt::join(argument.choices, " "))));
    case ValueKind::pretext:
      return fmt::format(" -x -a {}", fish_word(fmt::format("{}", fmt::join(pretext_beginnings(), " "))));
    default:
      return " -x";
  }
}

std::string fish_option(const Argument& option, const std::string& condition) {
  std::string text = fmt::format("complete -c eigenlens -n {}", fish_word(condition));
  for (const std::string& name : option.names)
    text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  return text + fish_value(option) + fmt::format(" -d {}\n", fish_word(option.text));
}

std::string fish(const ProgramModel& model) {
  std::string text =
      "# Completion of eigenlens for fish; made by `eigenlens completion fish`.\ncomplete -c eigenlens -f\n";
  for (const Argument& option : model.program.options) text += fish_option(option, "__fish_use_subcommand");
  for (const CommandModel& command : model.commands) {
    text += fmt::format("complete -c eigenlens -n __fish_use_subcommand -a {} -d {}\n", command.name,
                        fish_word(command.text));
    const std::string inside = "__fish_seen_subcommand_from " + command.name;
    for (const Argument& positional : command.positionals)
      if (positional.kind == ValueKind::file || positional.kind == ValueKind::folder)
        text += fmt::format("complete -c eigenlens -n {} -F\n", fish_word(inside));
    for (const Argument& option : command.options) text += fish_option(option, inside);
  }
  return text;
}

void run(const std::string& shell, const CLI::App& program) {
  const ProgramModel model = model_of(program);
  if (shell == "bash") return print(bash(model));
  if (shell == "zsh") return print(zsh(model));
  if (shell == "fish") return print(fish(model));
  throw Error(ErrorCode::usage,
              fmt::format("there is no completion for the shell '{}': expected bash, zsh or fish", shell));
}

}  // namespace

Command add_completion_command(CLI::App& program) {
  auto shell = std::make_shared<std::string>();
  CLI::App* parser = program.add_subcommand("completion", "Print a completion script for a shell")->group("");
  parser->add_option("SHELL", *shell, "bash, zsh or fish")->required();
  parser->footer("Example, for ~/.bashrc:\n  source <(eigenlens completion bash)");
  return {parser, [shell, &program](const std::string&) { run(*shell, program); }};
}

}  // namespace eigenlens::cli
