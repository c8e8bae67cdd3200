// SPDX-License-Identifier: Apache-2.0
#include "eigenlens/encoders.hpp"

#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "commands.hpp"
#include "eigenlens/bands.hpp"
#include "eigenlens/error.hpp"
#include "eigenlens/report.hpp"
#include "obtain.hpp"
#include "options.hpp"
#include "output_path.hpp"
#include "progress_bar.hpp"
#include "reading.hpp"

namespace eigenlens::cli {
namespace {

struct EncodersState {
  SweepRequest request;
  Classifier classifier = Classifier::fitted;
  std::vector<std::string> specifications;
  std::int64_t k = 0;
  std::string folder;
  std::string json;
  std::string sheet;
};

/// Everything that can be refused before the reading. Returns the files that are written one by one.
std::vector<std::string> require_outputs(const EncodersState& state) {
  const SweepRequest& request = state.request;
  std::vector<std::string> outputs;
  for (const std::string& path : {state.json, state.sheet})
    if (!path.empty()) outputs.push_back(path);
  require_writable(outputs, named_inputs(request));
  if (!state.folder.empty()) {
    require_empty_folder(state.folder);
    encoder_folders(request.pretexts, state.folder);
  }
  if (state.sheet.empty()) return outputs;
  if (!state.sheet.ends_with(".png"))
    throw Error(ErrorCode::usage, fmt::format("--sheet {}: the name must end in .png", state.sheet));
  DatasetInfo info;
  if (is_moments_input(request.data, request.source)) {
    info.source = request.data;
    info.shape = load_moments_header(request.data).shape;
  } else {
    info = open_source(request.data, request.source, request.work)->info();
  }
  require_sheet(info);
  return outputs;
}

EncodersResult run_encoders(const EncodersState& state, const Device& device) {
  const ObtainedMoments obtained = obtain_moments(state.request, device);
  ProgressBar bar(state.request.work.verbosity);
  EncoderOptions options;
  options.mode = state.request.mode;
  options.k = state.k;
  options.classifier = state.classifier;
  options.progress = bar.callback();
  EncodersResult result = encoders(obtained.reading.moments, state.request.pretexts, device, options);
  add_reading(obtained, result);
  return result;
}

void run(EncodersState& state, const std::string& command_line) {
  SweepRequest& request = state.request;
  if (state.k > 0) request.k = {state.k};
  request.pretexts = parse_pretexts(state.specifications);
  request.outcome = Outcome::autoencoders;
  const std::vector<std::string> outputs = require_outputs(state);
  const Device device = open_device(request.work);
  EncodersResult result = run_encoders(state, device);
  result.sheet = state.sheet;
  stop_if_interrupted();

  ReportOptions report;
  report.provenance = provenance(command_line, result.device);
  if (request.work.verbosity == Verbosity::normal || (outputs.empty() && state.folder.empty()))
    print(format_table(result));
  if (!state.folder.empty()) write_encoders(result, state.folder);
  if (!state.sheet.empty()) draw_encoders(result, state.sheet);
  if (!state.json.empty()) write_json(result, state.json, report);
  if (!state.folder.empty())
    note(request.work.verbosity, fmt::format("wrote encoders and decoders to {}", state.folder));
  for (const std::string& out : outputs) note(request.work.verbosity, fmt::format("wrote {}", out));
}

constexpr auto footer =
    R"(The autoencoders that the pretexts learn, in closed form: features z = E'(x - mean)/std are uncorrelated and of unit
variance, and the first k of them span what is learned with k features. FOLDER has mean.npy, std.npy and frequency.npy,
and for each pretext a folder of its name with encoder.npy (D x K), decoder.npy (K x D, as it was trained under the
noise with K features), refit.npy (K x D, the best for clean inputs) and classifier.npy (K x C; its logits are
z classifier + frequency). In NumPy:
  z = (x - mean) / std @ encoder;  image = z @ refit * std + mean;  label = (z @ classifier + frequency).argmax(1)

Examples:
  eigenlens encoders /usr/share/datasets/fashion-mnist --pretext reconstruct --pretext mask:patch=4,ratio=0.75 \
      --k 64 --out encoders --sheet encoders.png --json encoders.json
  eigenlens encoders train.safetensors --pretext gaussian:sigma=1 --without-labels --out encoders)";

}  // namespace

Command add_encoders_command(CLI::App& program) {
  auto state = std::make_shared<EncodersState>();
  CLI::App* parser = program.add_subcommand("encoders", "The linear autoencoders that pretexts learn, as matrices");
  parser->add_option("DATA", state->request.data, "Data set (a directory, or a file of images), or a moments file")
      ->required();
  parser->add_option("-p,--pretext", state->specifications, "Pretext, as of sweep; may be repeated")
      ->type_name("SPEC")
      ->allow_extra_args(false)
      ->required();
  parser->add_option("-k,--k", state->k, "Features; without it as many as the rank")
      ->type_name("K")
      ->check(CLI::PositiveNumber);
  parser->add_option("-o,--out", state->folder, "Write encoders, decoders and classifiers as .npy into this folder")
      ->type_name("FOLDER");
  parser->add_option("--json", state->json, "Write eigenvalues, errors and checks as JSON")->type_name("FILE");
  parser->add_option("--sheet", state->sheet, "Draw the first and the last directions of each as PNG")
      ->type_name("FILE");
  parser->add_flag_callback(
      "--without-labels", [state] { state->classifier = Classifier::none; }, "No classifiers: labels do not matter");
  parser->add_flag_callback(
      "--accurate", [state] { state->request.mode = SolveMode::accurate; },
      "Singular value decompositions: several times slower; to check the standard mode with");
  add_work_options(*parser, state->request.work);
  add_data_options(*parser, state->request.source);
  parser->footer(footer);
  return {parser, [state](const std::string& command_line) { run(*state, command_line); }};
}

}  // namespace eigenlens::cli
