// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "commands.hpp"
#include "console.hpp"
#include "eigenlens/error.hpp"
#include "eigenlens/html_report.hpp"
#include "options.hpp"
#include "output_path.hpp"

namespace eigenlens::cli {
namespace {

struct ReportState {
  std::vector<std::string> results;
  std::vector<std::string> pictures;
  std::string out;
  HtmlReportOptions options;
  Verbosity verbosity = Verbosity::normal;
};

/// FILE.png=CAPTION; the first = behind the ending parts them, so that either may hold others.
ReportPicture picture_of(const std::string& text) {
  const std::size_t ending = text.find(".png=");
  const std::size_t at = ending == std::string::npos ? text.find('=') : ending + 4;
  if (at == std::string::npos || at == 0 || at + 1 == text.size())
    throw Error(ErrorCode::usage,
                fmt::format("--picture {}: expected FILE.png=CAPTION, the caption for those who cannot see it", text));
  return {text.substr(0, at), text.substr(at + 1)};
}

void run(const ReportState& state) {
  if (!state.out.ends_with(".html") && !state.out.ends_with(".htm"))
    throw Error(ErrorCode::usage, fmt::format("--out {}: the name must end in .html", state.out));
  HtmlReportOptions options = state.options;
  std::vector<std::string> inputs = state.results;
  for (const std::string& picture : state.pictures) {
    options.pictures.push_back(picture_of(picture));
    inputs.push_back(options.pictures.back().path);
  }
  require_writable({state.out}, inputs);
  write_html_report(state.results, state.out, options);
  if (state.verbosity == Verbosity::normal) print(fmt::format("wrote {}\n", state.out));
}

constexpr auto footer =
    R"(The page needs nothing but itself: charts, pictures and numbers are in it, and it asks no network. All
results must be of one data set; any number of them, of any kind. The contact sheets of bands and encoders
are found where those commands wrote them.

Example:
  eigenlens sweep images --pretext reconstruct --pretext mask:patch=4,ratio=0:0.9:10 --out curves.json
  eigenlens bands images --top 0.75 --bottom 0.25 --sheet sheet.png --json bands.json
  eigenlens report curves.json bands.json --out report.html)";

}  // namespace

Command add_report_command(CLI::App& program) {
  auto state = std::make_shared<ReportState>();
  CLI::App* parser = program.add_subcommand("report", "One HTML page of any results, to read without a network");
  parser->add_option("RESULT", state->results, "JSON files of results, of one data set")->type_name("FILE")->required();
  parser->add_option("-o,--out", state->out, "Page to write, .html")->type_name("FILE")->required();
  parser->add_option("--picture", state->pictures, "PNG picture to show with its caption; may be repeated")
      ->type_name("FILE.png=CAPTION")
      ->allow_extra_args(false);
  parser->add_option("--title", state->options.title, "Title of the page; the data set's name without it")
      ->type_name("TEXT");
  add_quiet_option(*parser, state->verbosity);
  parser->footer(footer);
  return {parser, [state](const std::string&) { run(*state); }};
}

}  // namespace eigenlens::cli
