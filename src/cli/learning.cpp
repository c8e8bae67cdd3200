// SPDX-License-Identifier: Apache-2.0
#include "eigenlens/learning.hpp"

#include <fmt/format.h>

#include <memory>
#include <utility>
#include <vector>

#include "commands.hpp"
#include "obtain.hpp"
#include "output_path.hpp"
#include "progress_bar.hpp"

namespace eigenlens::cli {
namespace {

struct LearningState {
  SweepRequest request;
  double initial = LearningOptions{}.initial;
  std::string json;
  std::string csv;
};

LearningResult run_learning(const LearningState& state, const Device& device) {
  const ObtainedMoments obtained = obtain_moments(state.request, device);
  ProgressBar bar(state.request.work.verbosity);
  LearningOptions options;
  options.initial = state.initial;
  options.progress = bar.callback();
  LearningResult result = learning(obtained.reading.moments, device, options);
  add_reading(obtained, result);
  return result;
}

void run(const LearningState& state, const std::string& command_line) {
  std::vector<std::string> outputs;
  for (const std::string& path : {state.json, state.csv})
    if (!path.empty()) outputs.push_back(path);
  require_writable(outputs, named_inputs(state.request));
  const Device device = open_device(state.request.work);
  const LearningResult result = run_learning(state, device);
  stop_if_interrupted();

  const Verbosity verbosity = state.request.work.verbosity;
  if (verbosity == Verbosity::normal || outputs.empty()) print(format_table(result));
  ReportOptions report;
  report.provenance = provenance(command_line, result.device);
  if (!state.json.empty()) write_json(result, state.json, report);
  if (!state.csv.empty()) write_csv(result, state.csv);
  for (const auto& out : outputs) note(verbosity, fmt::format("wrote {}", out));
}

constexpr auto footer =
    R"(A linear autoencoder that is trained by gradient descent from small weights learns the direction of
eigenvalue L after a time proportional to 1/L: what tells the classes apart lies in directions of little
variance, and comes late. Times are in units in which the first direction is half learned at 1.

Example:
  eigenlens learning /usr/share/datasets/fashion-mnist --out learning.json
  eigenlens plot learning.json --out learning.svg)";

}  // namespace

Command add_learning_command(CLI::App& program) {
  auto state = std::make_shared<LearningState>();
  state->request.pretexts = {Pretext{}};
  CLI::App* parser = program.add_subcommand("learning", "When training learns the inputs, and when the classes");
  parser->add_option("DATA", state->request.data, "Data set (a directory, or a file of images), or a moments file")
      ->required();
  parser->add_option("-o,--out", state->json, "Write the curves over time as JSON")->type_name("FILE");
  parser->add_option("--csv", state->csv, "Write the curves over time as CSV")->type_name("FILE");
  parser->add_option("--initial", state->initial, "Strength of every direction at the beginning; default 1e-4")
      ->type_name("A");
  add_work_options(*parser, state->request.work);
  add_data_options(*parser, state->request.source);
  parser->footer(footer);
  return {parser, [state](const std::string& command_line) { run(*state, command_line); }};
}

}  // namespace eigenlens::cli
