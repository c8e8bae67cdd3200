// SPDX-License-Identifier: Apache-2.0
#include "eigenlens/sweep.hpp"

#include <fmt/format.h>

#include <memory>
#include <vector>

#include "commands.hpp"
#include "eigenlens/error.hpp"
#include "eigenlens/jackknife.hpp"
#include "eigenlens/probe.hpp"
#include "eigenlens/report.hpp"
#include "k_list.hpp"
#include "obtain.hpp"
#include "options.hpp"
#include "output_path.hpp"
#include "progress_bar.hpp"
#include "reading.hpp"
#include "shards.hpp"
#include "test_set.hpp"

namespace eigenlens::cli {
namespace {

/// Shards of --jackknife without a number.
constexpr std::int64_t usual_shards = 10;

struct SweepState {
  SweepRequest request;
  TestOptions test;
  ShardOptions shards;
  std::vector<std::string> specifications;
  std::string json;
  std::string csv;
  std::string k = "all";
};

std::vector<std::string> given_outputs(const SweepState& state) {
  std::vector<std::string> outputs;
  if (!state.json.empty()) outputs.push_back(state.json);
  if (!state.csv.empty()) outputs.push_back(state.csv);
  return outputs;
}

SweepOptions sweep_options(const SweepRequest& request, ProgressBar& bar) {
  SweepOptions options;
  options.mode = request.mode;
  options.largest_k = request.k.empty() ? 0 : request.k.back();
  options.progress = bar.callback();
  return options;
}

/// `test`: none, or what the curves' probes are read on.
SweepResult run_sweep(const SweepRequest& request, const TestSet& test, double ridge, const Device& device) {
  const ObtainedMoments obtained = obtain_moments(request, device);
  ProgressBar bar(request.work.verbosity);
  const SweepOptions options = sweep_options(request, bar);
  const Moments& moments = obtained.reading.moments;
  SweepResult result = obtained.dual ? sweep(*obtained.dual, request.pretexts, device, options)
                       : test ? probe(moments, request.pretexts, test, device, {.ridge = ridge, .sweep = options})
                              : sweep(moments, request.pretexts, device, options);
  add_reading(obtained, result);
  return result;
}

/// How far the moments of sampled masks may be off.
std::string sampling_of(const Curve& curve) {
  return fmt::format(
      "{}: moments of {} masks; standard errors: at most {:.1e} that a patch is shown, {:.1e} that two are",
      curve.pretext.to_string(), curve.checks.mask_draws, curve.checks.first_error.largest,
      curve.checks.second_error.largest);
}

SweepResult run_jackknife(const SweepRequest& request, const ShardOptions& shards, const Device& device) {
  const ObtainedShards obtained = obtain_shards(request, shards, shards_wanted(shards, usual_shards), device);
  ProgressBar bar(request.work.verbosity);
  SweepResult result = jackknife(obtained.shards, request.pretexts, device, sweep_options(request, bar));
  add_reading(obtained.origin, result);
  return result;
}

/// A test set and a jackknife need moments of the primal form, and do not go together.
void require_one_purpose(SweepState& state) {
  const bool test = !state.test.path.empty(), jackknife = state.shards.given();
  if (!test && !jackknife) return;
  const char* flag = test ? "--test" : "--jackknife";
  if (test && jackknife) throw Error(ErrorCode::usage, "--test and --jackknife are two sweeps: give one of them");
  if (state.request.form == MomentsForm::dual)
    throw Error(ErrorCode::usage, fmt::format("{} needs moments of the primal form, D x D, not --form dual", flag));
  state.request.form = MomentsForm::primal;
}

void run(SweepState& state, const std::string& command_line) {
  SweepRequest& request = state.request;
  request.k = parse_k_list(state.k);
  request.pretexts = parse_pretexts(state.specifications);
  request.data = state.shards.data.front();
  const auto outputs = given_outputs(state);
  if (state.shards.data.size() > 1 && !state.shards.given())
    throw Error(ErrorCode::usage, "several inputs are the shards of --jackknife; eigenlens merge adds moments up");
  require_one_purpose(state);
  require_inputs(state.shards, request.source);
  std::vector<std::string> inputs = named_inputs(request);
  inputs.insert(inputs.end(), state.shards.data.begin(), state.shards.data.end());
  TestSet test;
  if (!state.test.path.empty()) {
    inputs.push_back(state.test.path);
    if (!state.test.labels.empty()) inputs.push_back(state.test.labels);
    test = require_test_set(state.test, request);
  }
  require_writable(outputs, inputs);
  const Device device = open_device(request.work);
  const SweepResult result = state.shards.given() ? run_jackknife(request, state.shards, device)
                                                  : run_sweep(request, test, state.test.ridge, device);
  stop_if_interrupted();
  for (const Curve& curve : result.curves)
    if (curve.checks.mask_draws > 0) note(request.work.verbosity, sampling_of(curve));

  ReportOptions report;
  report.k = request.k;
  report.provenance = provenance(command_line, result.device);
  // The table first: a disk that is full should not cost the result.
  if (request.work.verbosity == Verbosity::normal || outputs.empty()) print(format_table(result, report));
  if (!state.json.empty()) write_json(result, state.json, report);
  if (!state.csv.empty()) write_csv(result, state.csv, report);
  for (const auto& out : outputs) note(request.work.verbosity, fmt::format("wrote {}", out));
}

constexpr auto footer = R"(Pretexts (what is done to the input before it is reconstructed):
  reconstruct                     nothing: a plain autoencoder (PCA)
  gaussian:sigma=S                noise of S global standard deviations; the features, and so
                                  the alignment, are those of reconstruct at every S
  mask:patch=P[xQ],ratio=R        patches of P x Q pixels hidden with probability R;
       [,channels=separate]       every channel masked for itself
  dropout:ratio=R                 every value hidden with probability R
  keep:patch=P[xQ],count=m        exactly m patches kept (masked autoencoder)
       [,channels=separate]
  joint:lambda=L                  no noise; the classes are learned beside the input, which weighs L

Noise and masks of any kind (docs/masks.md):
  gaussian:covariance=F.npy       noise of that covariance (D x D, in squared global standard
       [,scale=S]                 deviations), times S
  masks:F.npy,patch=P[xQ]         masks of the patches from a file (J x P, 1 = shown), or their
       [,channels=separate]       moments: masks:first=F.npy,second=F.npy,patch=P[xQ]
  blocks:patch=P[xQ],ratio=R      blocks of patches hidden until R of all are (BEiT)
  multiblock:patch=P[xQ]          a large block shown but for four smaller ones (I-JEPA)
  grid:patch=P[xQ],every=n        one of every n x n patches shown [,offset=fixed]
  centre:patch=P[xQ],size=S[xT]   S x T patches in the middle hidden [,hide=outside]
  crop:patch=P[xQ],size=S[xT]     S x T patches at a random place shown
A value A:B:n stands for n values from A to B: ratio=0:0.9:10 is 0, 0.1, ..., 0.9;
log:A:B:n for n values in equal ratios: lambda=log:0.01:100:5 is 0.01, 0.1, ..., 100.
A ratio is in [0, 1). Where a patch does not divide the image, smaller ones fill its right and bottom borders.

--jackknife [S] adds standard errors: the samples are dealt out to S shards (10), and the sweep is
made S times more, each time without one; moments files of disjoint samples may be the shards.

Examples:
  eigenlens sweep /usr/share/datasets/fashion-mnist --pretext reconstruct
  eigenlens sweep /usr/share/datasets/fashion-mnist --pretext reconstruct \
      --pretext mask:patch=4,ratio=0:0.99:10 --out curves.json
  eigenlens sweep /usr/share/datasets/fashion-mnist --test /usr/share/datasets/fashion-mnist \
      --pretext reconstruct --pretext mask:patch=4,ratio=0.75
  eigenlens sweep train.safetensors --pretext gaussian:sigma=0.5 --k 1,2,4,8-16 --csv curves.csv
  eigenlens sweep /usr/share/datasets/fashion-mnist --pretext reconstruct \
      --pretext mask:patch=4,ratio=0.5 --jackknife 10
  eigenlens sweep a.safetensors b.safetensors c.safetensors --pretext reconstruct --jackknife)";

}  // namespace

Command add_sweep_command(CLI::App& program) {
  auto state = std::make_shared<SweepState>();
  CLI::App* parser =
      program.add_subcommand("sweep", "Alignment of reconstruction and perception for every latent dimension K");
  add_shard_options(*parser, state->shards);
  parser->add_option("-p,--pretext", state->specifications, "Pretext, as below; may be repeated")
      ->type_name("SPEC")
      ->allow_extra_args(false)
      ->required();
  parser->add_option("-k,--k", state->k, "Latent dimensions to report: all (default) or a list such as 1,2,4,8-16")
      ->type_name("LIST");
  parser->add_option("-o,--out", state->json, "Write the curves as JSON")->type_name("FILE");
  parser->add_option("--csv", state->csv, "Write the curves as CSV")->type_name("FILE");
  parser->add_flag_callback(
      "--accurate", [state] { state->request.mode = SolveMode::accurate; },
      "Singular value decompositions: several times slower; to check the standard mode with");
  state->request.form = MomentsForm::automatic;
  add_form_option(*parser, state->request.form, "Default: auto");
  add_test_options(*parser, state->test);
  add_work_options(*parser, state->request.work);
  add_data_options(*parser, state->request.source);
  parser->footer(footer);
  return {parser, [state](const std::string& command_line) { run(*state, command_line); }};
}

}  // namespace eigenlens::cli
