// SPDX-License-Identifier: Apache-2.0
#include "eigenlens/impact.hpp"

#include <fmt/format.h>

#include <memory>
#include <vector>

#include "commands.hpp"
#include "eigenlens/error.hpp"
#include "eigenlens/report.hpp"
#include "k_list.hpp"
#include "obtain.hpp"
#include "options.hpp"
#include "output_path.hpp"
#include "progress_bar.hpp"
#include "reading.hpp"

namespace eigenlens::cli {
namespace {

struct ImpactState {
  SweepRequest request;
  ImpactDepth depth = ImpactDepth::angles;
  std::vector<std::string> specifications;
  std::string json;
  std::string csv;
  std::string k;  ///< empty: about twenty
};

std::vector<std::string> given_outputs(const ImpactState& state) {
  std::vector<std::string> outputs;
  if (!state.json.empty()) outputs.push_back(state.json);
  if (!state.csv.empty()) outputs.push_back(state.csv);
  return outputs;
}

ImpactResult run_impact(const ImpactState& state, const Device& device) {
  const SweepRequest& request = state.request;
  const ObtainedMoments obtained = obtain_moments(request, device);
  ProgressBar bar(request.work.verbosity);
  ImpactOptions options;
  options.mode = request.mode;
  options.depth = state.depth;
  if (!state.k.empty()) options.k = request.k;
  options.progress = bar.callback();
  ImpactResult result = impact(obtained.reading.moments, request.pretexts, device, options);
  add_reading(obtained, result);
  return result;
}

void run(ImpactState& state, const std::string& command_line) {
  SweepRequest& request = state.request;
  if (!state.k.empty() && state.depth == ImpactDepth::couplings)
    throw Error(ErrorCode::usage,
                "--k chooses where angles are computed, and --quick computes none: couplings are "
                "there for every K");
  if (!state.k.empty()) request.k = parse_k_list(state.k);
  request.pretexts = parse_pretexts(state.specifications);
  request.outcome = impact_outcome(state.depth);
  const auto outputs = given_outputs(state);
  require_writable(outputs, named_inputs(request));
  const Device device = open_device(request.work);
  const ImpactResult result = run_impact(state, device);
  stop_if_interrupted();

  ReportOptions report;
  report.provenance = provenance(command_line, result.device);
  // The table first: a disk that is full should not cost the result.
  if (request.work.verbosity == Verbosity::normal || outputs.empty()) print(format_table(result, report));
  if (!state.json.empty()) write_json(result, state.json, report);
  if (!state.csv.empty()) write_csv(result, state.csv, report);
  for (const auto& out : outputs) note(request.work.verbosity, fmt::format("wrote {}", out));
}

constexpr auto footer =
    R"(What a noise does to the features is compared with the principal components, which are what is learned
without noise. No labels are used: a set of one class will do. `eigenlens sweep --help` explains the pretexts.
Without --k about twenty K are taken from 1 to the rank - 1; each takes an eigenproblem of its own, so that
--k all can take hours on a large image.
--quick: couplings alone, no eigenproblem a strength; 0 means that the first K components stay together
at every strength.

Examples:
  eigenlens impact /usr/share/datasets/fashion-mnist --pretext mask:patch=4,ratio=0.75
  eigenlens impact /usr/share/datasets/fashion-mnist --pretext mask:patch=1,ratio=0.1:0.9:5 \
      --pretext mask:patch=4,ratio=0.1:0.9:5 --out impact.json
  eigenlens plot impact.json --out impact.svg
  eigenlens impact train.safetensors --pretext dropout:ratio=0.5 --quick)";

}  // namespace

Command add_impact_command(CLI::App& program) {
  auto state = std::make_shared<ImpactState>();
  CLI::App* parser = program.add_subcommand("impact", "The most that a noise can change any task, without labels");
  parser->add_option("DATA", state->request.data, "Data set (a directory, or a file of images), or a moments file")
      ->required();
  parser->add_option("-p,--pretext", state->specifications, "Pretext, as of sweep; may be repeated")
      ->type_name("SPEC")
      ->allow_extra_args(false)
      ->required();
  parser->add_option("-k,--k", state->k, "Latent dimensions of the largest angle: all, or a list such as 1,2,4,8-16")
      ->type_name("LIST");
  parser->add_flag_callback(
      "--quick", [state] { state->depth = ImpactDepth::couplings; }, "Couplings alone, no eigenproblem a strength");
  parser->add_option("-o,--out", state->json, "Write the impacts as JSON")->type_name("FILE");
  parser->add_option("--csv", state->csv, "Write the impacts as CSV")->type_name("FILE");
  parser->add_flag_callback(
      "--accurate", [state] { state->request.mode = SolveMode::accurate; },
      "Singular value decompositions: several times slower; to check the standard mode with");
  add_work_options(*parser, state->request.work);
  add_data_options(*parser, state->request.source);
  parser->footer(footer);
  return {parser, [state](const std::string& command_line) { run(*state, command_line); }};
}

}  // namespace eigenlens::cli
