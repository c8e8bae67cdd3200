// SPDX-License-Identifier: Apache-2.0
// Man pages, made of the commands' definitions: `eigenlens man` prints that of the program, `eigenlens man sweep` that
// of a command, `eigenlens man --list` the names of all pages. The build writes them to share/man.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "command_model.hpp"
#include "commands.hpp"
#include "console.hpp"
#include "eigenlens/error.hpp"
#include "eigenlens/version.hpp"

namespace eigenlens::cli {
namespace {

enum class Output { page, list };

struct ManState {
  std::string page;
  Output output = Output::page;
};

/// Text as roff takes it: no escape, no hyphen for a minus, no request at the beginning of a line.
std::string roff(const std::string& text) {
  std::string out;
  bool beginning = true;
  for (const char c : text) {
    if (beginning && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else
      out += c;
    beginning = c == '\n';
  }
  return out;
}

/// Lines that stay as they are.
std::string verbatim(const std::string& text) { return fmt::format(".nf\n{}\n.fi\n", roff(text)); }

std::string in_capitals(std::string text) {
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return text;
}

std::string title(const std::string& page) {
  return fmt::format(".TH {} 1 \"\" \"eigenlens {}\" \"eigenlens\"\n", roff(in_capitals(page)), EIGENLENS_VERSION);
}

/// "\fB\-o\fR, \fB\-\-out\fR \fIFILE\fR"
std::string names(const Argument& argument) {
  std::string text;
  for (const std::string& name : argument.names)
    text += fmt::format("{}\\fB{}\\fR", text.empty() ? "" : ", ", roff(name));
  if (argument.kind != ValueKind::none || argument.names.empty())
    text += fmt::format("{}\\fI{}\\fR", text.empty() ? "" : " ", roff(argument.value));
  return text;
}

std::string options(const CommandModel& command) {
  std::string text, group;
  const auto add = [&](const Argument& argument, const std::string& heading) {
    if (heading != group) text += fmt::format(".SH {}\n", roff(in_capitals(heading)));
    group = heading;
    text +=
        fmt::format(".TP\n{}\n{}{}\n", names(argument), roff(argument.text), argument.required ? " (required)" : "");
  };
  for (const Argument& argument : command.positionals) add(argument, "Arguments");
  // A heading once, whatever the order of definition.
  std::vector<std::string> groups;
  for (const Argument& argument : command.options)
    if (std::find(groups.begin(), groups.end(), argument.group) == groups.end()) groups.push_back(argument.group);
  for (const std::string& heading : groups)
    for (const Argument& argument : command.options)
      if (argument.group == heading) add(argument, heading);
  return text;
}

std::string synopsis(const CommandModel& command) {
  std::string text = fmt::format("\\fBeigenlens {}\\fR", roff(command.name));
  for (const Argument& argument : command.positionals) {
    const std::string more = argument.repeats ? " ..." : "";
    const std::string value = fmt::format("\\fI{}\\fR{}", roff(argument.value), more);
    text += argument.required ? " " + value : fmt::format(" [{}]", value);
  }
  for (const Argument& argument : command.options)
    if (argument.required) text += " " + names(argument);
  return text + " [\\fIOPTION\\fR ...]";
}

std::string page_of(const CommandModel& command) {
  return title("eigenlens-" + command.name) +
         fmt::format(".SH NAME\neigenlens\\-{} \\- {}\n", roff(command.name), roff(command.text)) +
         fmt::format(".SH SYNOPSIS\n{}\n", synopsis(command)) + options(command) +
         fmt::format(".SH NOTES\n{}.SH SEE ALSO\n.BR eigenlens (1)\n", verbatim(command.footer));
}

std::string page_of(const ProgramModel& model) {
  std::string text = title("eigenlens") + ".SH NAME\neigenlens \\- what learning by reconstruction finds\n" +
                     ".SH SYNOPSIS\n\\fBeigenlens\\fR \\fICOMMAND\\fR [\\fIARGUMENT\\fR ...]\n" +
                     fmt::format(".SH DESCRIPTION\n{}\n.SH COMMANDS\n", roff(model.program.text));
  for (const CommandModel& command : model.commands)
    text += fmt::format(".TP\n\\fB{}\\fR\n{}; see\n.BR eigenlens\\-{} (1)\n", roff(command.name), roff(command.text),
                        roff(command.name));
  return text + options(model.program) + ".SH NOTES\n" + verbatim(model.program.footer);
}

void run(const ManState& state, const CLI::App& program) {
  const ProgramModel model = model_of(program);
  if (state.output == Output::list) {
    std::string list = "eigenlens\n";
    for (const CommandModel& command : model.commands) list += fmt::format("eigenlens-{}\n", command.name);
    return print(list);
  }
  if (state.page.empty()) return print(page_of(model));
  for (const CommandModel& command : model.commands)
    if (command.name == state.page) return print(page_of(command));
  throw Error(ErrorCode::usage,
              fmt::format("there is no page for '{}'; eigenlens man --list has them all", state.page));
}

}  // namespace

Command add_man_command(CLI::App& program) {
  auto state = std::make_shared<ManState>();
  CLI::App* parser = program.add_subcommand("man", "Print a man page, in the language of troff")->group("");
  parser->add_option("COMMAND", state->page, "Whose page; without it, that of the program");
  parser->add_flag_callback(
      "--list", [state] { state->output = Output::list; }, "Print the names of all pages");
  return {parser, [state, &program](const std::string&) { run(*state, program); }};
}

}  // namespace eigenlens::cli
