// SPDX-License-Identifier: Apache-2.0
#include "eigenlens/sweep.hpp"

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <utility>
#include <vector>

#include "commands.hpp"
#include "eigenlens/error.hpp"
#include "eigenlens/report.hpp"
#include "k_list.hpp"
#include "options.hpp"
#include "output_path.hpp"
#include "progress_bar.hpp"
#include "reading.hpp"

namespace eigenlens::cli {
namespace {

struct SweepState {
  std::string data;
  std::vector<std::string> specifications;
  std::string json;
  std::string csv;
  std::string k = "all";
  SolveMode mode = SolveMode::standard;
  DataOptions source;
  WorkOptions work;
};

struct Request {
  std::vector<Pretext> pretexts;
  std::vector<std::int64_t> k;
};

Request parse_request(const SweepState& state) {
  Request request;
  request.k = parse_k_list(state.k);
  for (const auto& specification : state.specifications) {
    const auto parsed = parse_pretext(specification);
    request.pretexts.insert(request.pretexts.end(), parsed.begin(), parsed.end());
  }
  return request;
}

/// What can be known of a shape alone, before a data set is read: patches that fit, and K up to D.
void require_shape(const Request& request, const ImageShape& shape) {
  if (!request.k.empty() && request.k.back() > shape.size()) {
    throw Error(ErrorCode::usage, fmt::format("--k asks for K = {}, but images of {} values have at most rank {}",
                                              request.k.back(), shape.size(), shape.size()));
  }
  for (const auto& pretext : request.pretexts) {
    if (pretext.kind == PretextKind::mask || pretext.kind == PretextKind::keep) mask_groups(pretext, shape);
  }
}

void require_sweep_memory(const SweepState& state, const Request& request, const ImageShape& shape,
                          std::int64_t classes, const Device& wanted) {
  const Device device = suited(wanted, shape, classes, request.pretexts, state.mode);
  note_change(wanted, device, state.work.verbosity);
  require_memory(plan_sweep(shape, classes, request.pretexts, state.mode, device), device, "the sweep",
                 state.work.verbosity);
}

struct ObtainedMoments {
  Reading reading;     ///< its device is empty if they were read from a moments file, which does not say
  double seconds = 0;  ///< reading a data set and adding it up
};

/// The moments of DATA, whichever of the two it is; everything that can be refused is refused before the reading.
ObtainedMoments obtain_moments(const SweepState& state, const Request& request, const Device& device) {
  if (is_moments_input(state.data, state.source)) {
    const Moments header = load_moments_header(state.data);
    require_shape(request, header.shape);
    require_sweep_memory(state, request, header.shape, header.classes(), device);
    return {{load_moments(state.data), "", {}}, 0};
  }
  auto dataset = open_source(state.data, state.source, state.work);
  const DatasetInfo info = dataset->info();
  require_shape(request, info.shape);
  require_moments_memory(info, state.source.open.batch, device, state.work.verbosity);
  require_sweep_memory(state, request, info.shape, info.classes, device);
  const auto start = std::chrono::steady_clock::now();
  Reading reading = read_moments(std::move(dataset), device, state.work.verbosity);
  return {std::move(reading), std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count()};
}

std::vector<std::string> given_outputs(const SweepState& state) {
  std::vector<std::string> outputs;
  if (!state.json.empty()) outputs.push_back(state.json);
  if (!state.csv.empty()) outputs.push_back(state.csv);
  return outputs;
}

std::string names_of(const std::vector<SkippedFile>& files) {
  std::string names;
  for (const SkippedFile& file : files) names += (names.empty() ? "" : "\n") + file.path;
  return names;
}

SweepResult run_sweep(const SweepState& state, const Request& request, const Device& device) {
  const auto [reading, seconds] = obtain_moments(state, request, device);
  ProgressBar bar(state.work.verbosity);
  SweepOptions options;
  options.mode = state.mode;
  options.largest_k = request.k.empty() ? 0 : request.k.back();
  options.progress = bar.callback();
  SweepResult result = sweep(reading.moments, request.pretexts, device, options);
  if (!reading.device.empty()) {
    result.device.emplace_back("moments_device", reading.device);
    result.timings.insert(result.timings.begin(), {"reading and moments", seconds});
  }
  if (!reading.skipped.empty()) result.device.emplace_back("skipped", names_of(reading.skipped));
  return result;
}

void run(const SweepState& state, const std::string& command_line) {
  const Request request = parse_request(state);
  const auto outputs = given_outputs(state);
  require_writable(outputs, {state.data});
  const Device device = open_device(state.work);
  const SweepResult result = run_sweep(state, request, device);
  stop_if_interrupted();

  ReportOptions report;
  report.k = request.k;
  report.provenance = provenance(command_line, result.device);
  // The table first: a disk that is full should not cost the result.
  if (state.work.verbosity == Verbosity::normal || outputs.empty()) print(format_table(result, report));
  if (!state.json.empty()) write_json(result, state.json, report);
  if (!state.csv.empty()) write_csv(result, state.csv, report);
  for (const auto& out : outputs) note(state.work.verbosity, fmt::format("wrote {}", out));
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
A value A:B:n stands for n values from A to B: ratio=0:0.9:10 is 0, 0.1, ..., 0.9.
A ratio is in [0, 1). Where a patch does not divide the image, smaller ones fill its right and bottom borders.

Examples:
  eigenlens sweep /usr/share/datasets/fashion-mnist --pretext reconstruct
  eigenlens sweep /usr/share/datasets/fashion-mnist --pretext reconstruct \
      --pretext mask:patch=4,ratio=0:0.99:10 --out curves.json
  eigenlens sweep train.safetensors --pretext gaussian:sigma=0.5 --k 1,2,4,8-16 --csv curves.csv)";

}  // namespace

Command add_sweep_command(CLI::App& program) {
  auto state = std::make_shared<SweepState>();
  CLI::App* parser =
      program.add_subcommand("sweep", "Alignment of reconstruction and perception for every latent dimension K");
  parser->add_option("DATA", state->data, "Data set (a directory, or a file of images), or a moments file")->required();
  parser->add_option("-p,--pretext", state->specifications, "Pretext, as below; may be repeated")
      ->type_name("SPEC")
      ->allow_extra_args(false)
      ->required();
  parser->add_option("-k,--k", state->k, "Latent dimensions to report: all (default) or a list such as 1,2,4,8-16")
      ->type_name("LIST");
  parser->add_option("-o,--out", state->json, "Write the curves as JSON")->type_name("FILE");
  parser->add_option("--csv", state->csv, "Write the curves as CSV")->type_name("FILE");
  parser->add_flag_callback(
      "--accurate", [state] { state->mode = SolveMode::accurate; },
      "Singular value decompositions: several times slower; to check the standard mode with");
  add_work_options(*parser, state->work);
  add_data_options(*parser, state->source);
  parser->footer(footer);
  return {parser, [state](const std::string& command_line) { run(*state, command_line); }};
}

}  // namespace eigenlens::cli
