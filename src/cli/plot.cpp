// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>
#include <string_view>
#include <vector>

#include "commands.hpp"
#include "console.hpp"
#include "eigenlens/error.hpp"
#include "eigenlens/report.hpp"
#include "options.hpp"
#include "output_path.hpp"
#include "reading.hpp"

namespace eigenlens::cli {
namespace {

struct PlotState {
  std::string curves;
  std::vector<std::string> outputs;
  Verbosity verbosity = Verbosity::normal;
};

void run(const PlotState& state) {
  for (const std::string_view out : state.outputs) {
    if (!out.ends_with(".svg") && !out.ends_with(".png")) {
      throw Error(ErrorCode::usage, fmt::format("--out {}: the name must end in .svg or .png", out));
    }
  }
  require_writable(state.outputs, {state.curves});
  for (const auto& out : state.outputs) {
    stop_if_interrupted();
    plot_result(state.curves, out);
    if (state.verbosity == Verbosity::normal) print(fmt::format("wrote {}\n", out));
  }
}

constexpr auto footer = R"(Example:
  eigenlens plot curves.json --out curves.svg --out curves.png

The pictures are drawn by gnuplot (Debian: gnuplot-nox).)";

}  // namespace

Command add_plot_command(CLI::App& program) {
  auto state = std::make_shared<PlotState>();
  CLI::App* parser = program.add_subcommand("plot", "Draw what a command wrote");
  parser->add_option("CURVES", state->curves, "JSON file of a result")->type_name("FILE")->required();
  parser->add_option("-o,--out", state->outputs, "Picture to write, .svg or .png; may be repeated")
      ->type_name("FILE")
      ->allow_extra_args(false)
      ->required();
  add_quiet_option(*parser, state->verbosity);
  parser->footer(footer);
  return {parser, [state](const std::string&) { run(*state); }};
}

}  // namespace eigenlens::cli
