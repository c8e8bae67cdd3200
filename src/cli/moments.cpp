// SPDX-License-Identifier: Apache-2.0
#include "eigenlens/moments.hpp"

#include <fmt/format.h>

#include <chrono>
#include <memory>

#include "commands.hpp"
#include "options.hpp"
#include "output_path.hpp"
#include "progress_bar.hpp"
#include "reading.hpp"

namespace eigenlens::cli {
namespace {

struct MomentsState {
  std::string data;
  std::string out;
  DataOptions source;
  WorkOptions work;
};

void run(const MomentsState& state) {
  require_writable({state.out}, {state.data});
  const Device device = open_device(state.work);
  auto dataset = open_source(state.data, state.source, state.work);
  const DatasetInfo info = dataset->info();
  require_moments_memory(info, state.source.open.batch, device, state.work.verbosity);
  const auto start = std::chrono::steady_clock::now();
  const Reading reading = read_moments(std::move(dataset), device, state.work.verbosity);
  const Moments& moments = reading.moments;
  save_moments(moments, state.out);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (state.work.verbosity == Verbosity::quiet) return;
  print(fmt::format("{}: {} images of {}, {} classes; {} moments in {:.2f} s on {}, written to {}\n", moments.dataset,
                    moments.count, format_shape(moments.shape), moments.classes(),
                    moments.arithmetic == Arithmetic::exact ? "exact" : "float64", seconds,
                    reading.device == "cpu" ? "the CPU" : reading.device, state.out));
}

constexpr auto footer = R"(Examples:
  eigenlens moments /usr/share/datasets/fashion-mnist --out train.safetensors
  eigenlens moments /usr/share/datasets/fashion-mnist --split test --out test.safetensors
  eigenlens moments imagenette --resize 64 --crop 64 --out imagenette.safetensors

The file is read by `eigenlens sweep` and `eigenlens merge`, and from Python by
safetensors.numpy.load_file.)";

}  // namespace

Command add_moments_command(CLI::App& program) {
  auto state = std::make_shared<MomentsState>();
  CLI::App* parser = program.add_subcommand("moments", "Read a data set once and keep its second moments in a file");
  parser->add_option("DATA", state->data, "Data set: a directory, or a file of images")->required();
  parser->add_option("-o,--out", state->out, "Moments file to write")->type_name("FILE")->required();
  add_work_options(*parser, state->work);
  add_data_options(*parser, state->source);
  parser->footer(footer);
  return {parser, [state](const std::string&) { run(*state); }};
}

}  // namespace eigenlens::cli
