// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>
#include <vector>

#include "commands.hpp"
#include "eigenlens/advice.hpp"
#include "eigenlens/error.hpp"
#include "eigenlens/impact.hpp"
#include "eigenlens/jackknife.hpp"
#include "obtain.hpp"
#include "options.hpp"
#include "output_path.hpp"
#include "progress_bar.hpp"
#include "reading.hpp"
#include "shards.hpp"

namespace eigenlens::cli {
namespace {

/// Shards of a data set without --jackknife: advice without intervals invites belief in noise.
constexpr std::int64_t usual_shards = 5;

struct AdviseState {
  SweepRequest request;
  ShardOptions shards;
  std::int64_t k = 0;
  AdviceBasis basis = AdviceBasis::labels;
  std::string json;
};

/// A single moments file is advice without intervals.
ObtainedShards obtain(AdviseState& state, const Device& device) {
  const SweepRequest& request = state.request;
  const bool one = state.basis == AdviceBasis::impact || is_moments_input(request.data, request.source);
  if (state.shards.data.size() > 1 || !one)
    return obtain_shards(request, state.shards, shards_wanted(state.shards, usual_shards), device);
  ObtainedShards obtained;
  obtained.origin = obtain_moments(request, device);
  obtained.shards.push_back(std::move(obtained.origin.reading.moments));
  return obtained;
}

Advice run_advice(AdviseState& state, const Device& device) {
  const ObtainedShards obtained = obtain(state, device);
  const auto count = static_cast<std::int64_t>(obtained.shards.size());
  const Moments& first = obtained.shards.front();
  const Device taken = suited(device, first.shape, first.classes(), plan_search(first.shape).grid(),
                              SolveMode::standard, impact_outcome(ImpactDepth::angles));
  require_memory(plan_advice(first.shape, first.classes(), count, taken), taken, "advice",
                 state.request.work.verbosity);
  ProgressBar bar(state.request.work.verbosity);
  AdviceOptions options;
  options.k = state.k;
  options.basis = state.basis;
  options.progress = bar.callback();
  Advice advice = advise(obtained.shards, device, options);
  add_reading(obtained.origin, advice);
  return advice;
}

void run(AdviseState& state, const std::string& command_line) {
  SweepRequest& request = state.request;
  request.data = state.shards.data.front();
  if (state.k > 0) request.k = {state.k};
  std::vector<std::string> outputs;
  if (!state.json.empty()) outputs.push_back(state.json);
  require_writable(outputs, state.shards.data);
  if (state.basis == AdviceBasis::impact && state.shards.given())
    throw Error(ErrorCode::usage, "--jackknife is about alignment with labels: it says nothing --without-labels");
  require_inputs(state.shards, request.source);
  const Device device = open_device(request.work);
  const Advice advice = run_advice(state, device);
  stop_if_interrupted();
  // The table first: a disk that is full should not cost the result.
  if (request.work.verbosity == Verbosity::normal || outputs.empty()) print(format_table(advice));
  ReportOptions report;
  report.provenance = provenance(command_line, advice.device);
  if (state.json.empty()) return;
  write_json(advice, state.json, report);
  note(request.work.verbosity, fmt::format("wrote {}", state.json));
}

constexpr auto footer =
    R"(Patch sizes and ratios of masks, and dropout, are tried on a grid, and then between grid points
around the best. What is tried depends on the shape of the images alone; the plan says how many
curves that is, and the result lists each.

The gains come with 95 % intervals: the samples are dealt out to S shards (5), and the ranked noises
are judged S times more, each time without one. Moments files of disjoint samples may be the shards;
a single moments file gives no intervals.

Examples:
  eigenlens advise /usr/share/datasets/fashion-mnist --k 64
  eigenlens advise /usr/share/datasets/fashion-mnist --k 64 --jackknife 10 --out advice.json
  eigenlens plot advice.json --out advice.svg
  eigenlens advise photographs --resize 32 --crop 32 --without-labels)";

}  // namespace

Command add_advise_command(CLI::App& program) {
  auto state = std::make_shared<AdviseState>();
  CLI::App* parser = program.add_subcommand("advise", "Which noise to train with: patches and ratios, ranked");
  add_shard_options(*parser, state->shards);
  parser->add_option("-k,--k", state->k, "Latent dimension that matters; without it, a tenth of the rank")
      ->type_name("K")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000}).description(""));
  parser->add_flag_callback(
      "--without-labels", [state] { state->basis = AdviceBasis::impact; },
      "Rank by how much a noise can change any task, for better or worse");
  parser->add_option("-o,--out", state->json, "Write the advice as JSON, with everything that was tried")
      ->type_name("FILE");
  add_work_options(*parser, state->request.work);
  add_data_options(*parser, state->request.source);
  parser->footer(footer);
  return {parser, [state](const std::string& command_line) { run(*state, command_line); }};
}

}  // namespace eigenlens::cli
