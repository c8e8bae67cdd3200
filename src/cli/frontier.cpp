// SPDX-License-Identifier: Apache-2.0
#include "eigenlens/frontier.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "commands.hpp"
#include "eigenlens/error.hpp"
#include "k_list.hpp"
#include "obtain.hpp"
#include "options.hpp"
#include "output_path.hpp"
#include "progress_bar.hpp"
#include "reading.hpp"

namespace eigenlens::cli {
namespace {

struct FrontierState {
  SweepRequest request;
  std::vector<std::string> lambdas;
  std::string json;
  std::string csv;
  std::string k = "all";
  std::string folder;
  std::int64_t folder_k = 0;
};

std::vector<std::string> given_outputs(const FrontierState& state) {
  std::vector<std::string> outputs;
  if (!state.json.empty()) outputs.push_back(state.json);
  if (!state.csv.empty()) outputs.push_back(state.csv);
  return outputs;
}

void require_export(const FrontierState& state) {
  if (state.folder.empty() != (state.folder_k == 0))
    throw Error(ErrorCode::usage, "--export FOLDER and --export-k K go together: the maps are those of K features");
  if (state.folder.empty()) return;
  if (state.folder_k < 1)
    throw Error(ErrorCode::usage, fmt::format("--export-k {}: expected 1 or more features", state.folder_k));
  require_empty_folder(state.folder);
}

FrontierResult run_frontier(const FrontierState& state, const std::vector<double>& lambdas, const Device& device) {
  const SweepRequest& request = state.request;
  const ObtainedMoments obtained = obtain_moments(request, device);
  ProgressBar bar(request.work.verbosity);
  FrontierOptions options;
  options.largest_k = request.k.empty() ? 0 : request.k.back();
  options.progress = bar.callback();
  if (!state.folder.empty()) {
    options.maps = [&state](const JointMaps& maps) { write_maps(maps, state.folder); };
    options.maps_k = state.folder_k;
  }
  FrontierResult result = frontier(obtained.reading.moments, lambdas, device, options);
  add_reading(obtained, result);
  return result;
}

void run(FrontierState& state, const std::string& command_line) {
  SweepRequest& request = state.request;
  request.k = parse_k_list(state.k);
  if (state.lambdas.empty()) state.lambdas = {usual_lambdas};
  const std::vector<double> lambdas = frontier_lambdas(parse_lambdas(state.lambdas));
  require_export(state);
  for (const double lambda : lambdas) {  // what is planned for
    Pretext pretext;
    pretext.kind = PretextKind::joint;
    pretext.lambda = lambda;
    request.pretexts.push_back(pretext);
  }
  if (!state.folder.empty()) request.outcome = Outcome::encoders;
  const auto outputs = given_outputs(state);
  require_writable(outputs, named_inputs(request));
  const Device device = open_device(request.work);
  const FrontierResult result = run_frontier(state, lambdas, device);
  stop_if_interrupted();

  ReportOptions report;
  report.k = request.k;
  report.provenance = provenance(command_line, result.device);
  if (request.work.verbosity == Verbosity::normal || outputs.empty()) print(format_table(result, report));
  if (!state.json.empty()) write_json(result, state.json, report);
  if (!state.csv.empty()) write_csv(result, state.csv, report);
  for (const auto& out : outputs) note(request.work.verbosity, fmt::format("wrote {}", out));
  if (!state.folder.empty())
    note(request.work.verbosity,
         fmt::format("wrote maps of {} features for {} weights to {}", state.folder_k, lambdas.size(), state.folder));
}

constexpr auto footer = R"(What is minimised, exactly, for every weight and every number K of features VᵀX:
  (loss of the best linear classifier on them) + lambda x (loss of the best linear reconstruction)
lambda = inf is plain reconstruction (PCA), lambda = 0 the limit in which the classes come first;
both are always there. A value is a number, inf, FIRST:LAST:n for n values, or log:FIRST:LAST:n for
n values in equal ratios.

--export writes, for every lambda, FOLDER/lambda-L/encoder.npy (V, D x K), classifier.npy (W, K x C)
and decoder.npy (Z, K x D): with x = (image - mean) / std, and mean.npy and std.npy beside them, the
features are V'x, the image is rebuilt as Z'V'x, and W'V'x + frequency.npy estimates the one-hot class.

Examples:
  eigenlens frontier /usr/share/datasets/fashion-mnist --out frontier.json
  eigenlens plot frontier.json --out frontier.svg
  eigenlens frontier train.safetensors --lambda log:1e-3:10:9 --k 4,16,64 --export maps --export-k 16)";

}  // namespace

Command add_frontier_command(CLI::App& program) {
  auto state = std::make_shared<FrontierState>();
  CLI::App* parser = program.add_subcommand(
      "frontier", "Classes against reconstruction: the best of both for every weight and every K");
  parser->add_option("DATA", state->request.data, "Data set (a directory, or a file of images), or a moments file")
      ->required();
  parser
      ->add_option("-l,--lambda", state->lambdas,
                   fmt::format("Weight of reconstruction, as below; may be repeated (default {})", usual_lambdas))
      ->type_name("L")
      ->allow_extra_args(false);
  parser->add_option("-k,--k", state->k, "Latent dimensions to report: all (default) or a list such as 1,2,4,8-16")
      ->type_name("LIST");
  parser->add_option("-o,--out", state->json, "Write the frontier as JSON")->type_name("FILE");
  parser->add_option("--csv", state->csv, "Write the frontier as CSV")->type_name("FILE");
  parser->add_option("--export", state->folder, "Write encoder, classifier and decoder of every weight as .npy")
      ->type_name("FOLDER");
  parser->add_option("--export-k", state->folder_k, "With so many features")->type_name("K");
  add_work_options(*parser, state->request.work);
  add_data_options(*parser, state->request.source);
  parser->footer(footer);
  return {parser, [state](const std::string& command_line) { run(*state, command_line); }};
}

}  // namespace eigenlens::cli
