// SPDX-License-Identifier: Apache-2.0
#include "eigenlens/bands.hpp"

#include <fmt/format.h>

#include <memory>
#include <utility>
#include <vector>

#include "commands.hpp"
#include "eigenlens/error.hpp"
#include "obtain.hpp"
#include "output_path.hpp"
#include "progress_bar.hpp"

namespace eigenlens::cli {
namespace {

struct BandsState {
  SweepRequest request;
  std::vector<double> top;
  std::vector<double> bottom;
  std::string folder;
  std::string sheet;
  std::string json;
  std::string test;
  std::string test_split = "test";
  NumberForm numbers = NumberForm::as_read;
};

/// The state outlives what it gives.
BandsOptions options_of(const BandsState& state) {
  BandsOptions options;
  options.bands = bands_of(state.top, state.bottom);
  if (options.bands.empty() && (!state.folder.empty() || !state.sheet.empty()))
    throw Error(ErrorCode::usage, fmt::format("{} wants a band: give --top SHARE or --bottom SHARE",
                                              state.folder.empty() ? "--sheet" : "--out"));
  options.folder = state.folder;
  options.sheet = state.sheet;
  options.numbers = state.numbers;
  options.source = [&state] { return open_source(state.request.data, state.request.source, state.request.work); };
  if (!state.test.empty())
    options.test = [&state] {
      DataOptions source = state.request.source;
      source.open.split = state.test_split;
      source.open.labels.clear();
      return open_source(state.test, source, state.request.work);
    };
  return options;
}

/// Everything that can be refused before the reading.
void require_inputs(const BandsState& state, const BandsOptions& options) {
  if (is_moments_input(state.request.data, state.request.source))
    throw Error(ErrorCode::usage,
                fmt::format("{} is a moments file: bands are made of the samples themselves, name the "
                            "data set",
                            state.request.data));
  std::vector<std::string> outputs;
  for (const std::string& path : {state.sheet, state.json})
    if (!path.empty()) outputs.push_back(path);
  require_writable(outputs, named_inputs(state.request));
  require_bands(options);
}

BandsResult run_bands(const BandsState& state, BandsOptions options, const Device& device) {
  const ObtainedMoments obtained = obtain_moments(state.request, device);
  BandsResult result;
  {
    ProgressBar bar(state.request.work.verbosity);
    options.progress = bar.callback();
    result = bands(obtained.reading.moments, device, options);
  }
  add_reading(obtained, result);
  if (!result.notice.empty()) note(state.request.work.verbosity, result.notice);
  return result;
}

void run(const BandsState& state, const std::string& command_line) {
  const BandsOptions options = options_of(state);
  require_inputs(state, options);
  const Device device = open_device(state.request.work);
  const BandsResult result = run_bands(state, options, device);
  stop_if_interrupted();

  const Verbosity verbosity = state.request.work.verbosity;
  const bool silent = !state.json.empty() || !state.sheet.empty() || !state.folder.empty();
  if (verbosity == Verbosity::normal || !silent) {
    print(format_table(result));
    std::string rows = "originals";
    for (const Band& band : options.bands) rows += ", " + band.name();
    if (!state.sheet.empty()) print(fmt::format("{}: from top to bottom {}\n", state.sheet, rows));
  }
  if (state.json.empty()) return;
  ReportOptions report;
  report.provenance = provenance(command_line, result.device);
  write_json(result, state.json, report);
  note(verbosity, fmt::format("wrote {}", state.json));
}

constexpr auto footer =
    R"(Top P is the fewest leading principal directions that hold the share P of the variance, bottom P is
everything but top 1 - P: top 0.75 and bottom 0.25 add up to the image. Every band becomes a data set of
the input's format in FOLDER/top-0.75, FOLDER/bottom-0.25 (images as PNG); with --test the test split
stands beside it, projected on the same directions. Values of 8-bit images are rounded and clipped to
0 ... 255; --float keeps them, as .npy. The sheet shows the first images of ten
classes: originals in the first row, a row a band below.

Examples:
  eigenlens bands /usr/share/datasets/fashion-mnist --test /usr/share/datasets/fashion-mnist --json bands.json
  eigenlens bands /usr/share/datasets/fashion-mnist --top 0.9 --bottom 0.1 --sheet sheet.png
  eigenlens bands imagenette --resize 64 --crop 64 --bottom 0.25 --out bands
  eigenlens plot bands.json --out bands.svg)";

}  // namespace

Command add_bands_command(CLI::App& program) {
  auto state = std::make_shared<BandsState>();
  state->request.pretexts = {Pretext{}};
  state->request.outcome = Outcome::encoders;
  CLI::App* parser =
      program.add_subcommand("bands", "Images of which a band of the variance is left, and what classifies them");
  parser->add_option("DATA", state->request.data, "Data set: a directory, or a file of images")->required();
  const auto share = [parser](const char* name, std::vector<double>& shares, const char* text) {
    parser->add_option(name, shares, text)->type_name("P")->allow_extra_args(false)->check(CLI::Range(0.0, 1.0));
  };
  share("--top", state->top, "Band of the directions of largest variance, P of it; may be repeated");
  share("--bottom", state->bottom, "Band of the directions of smallest variance; may be repeated");
  parser->add_option("-o,--out", state->folder, "Folder for the bands as data sets, a folder each")
      ->type_name("FOLDER");
  parser->add_flag_callback(
      "--float", [state] { state->numbers = NumberForm::float32; },
      "Write 32-bit floats as .npy: nothing is rounded or clipped");
  parser->add_option("--sheet", state->sheet, "Write a contact sheet, .png")->type_name("FILE");
  parser->add_option("--test", state->test, "Data set on which the classifiers are tested")->type_name("DATA");
  parser->add_option("--test-split", state->test_split, "Part of the test set: test (default), or another")
      ->type_name("NAME");
  parser->add_option("--json", state->json, "Write the table and the curves as JSON")->type_name("FILE");
  add_work_options(*parser, state->request.work);
  add_data_options(*parser, state->request.source);
  parser->footer(footer);
  return {parser, [state](const std::string& command_line) { run(*state, command_line); }};
}

}  // namespace eigenlens::cli
