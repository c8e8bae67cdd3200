// SPDX-License-Identifier: Apache-2.0
#include "eigenlens/moments.hpp"

#include <fmt/format.h>

#include <chrono>
#include <memory>

#include "commands.hpp"
#include "obtain.hpp"
#include "options.hpp"
#include "output_path.hpp"
#include "progress_bar.hpp"
#include "reading.hpp"

namespace eigenlens::cli {
namespace {

struct MomentsState {
  std::string data;
  std::string out;
  std::vector<std::string> specifications;
  MomentsForm form = MomentsForm::automatic;
  const CLI::Option* form_option = nullptr;
  DataOptions source;
  WorkOptions work;
};

using Clock = std::chrono::steady_clock;

void report(const std::string& name, std::int64_t count, const ImageShape& shape, std::int64_t classes,
            const std::string& kind, double seconds, const std::string& device, const std::string& out) {
  print(fmt::format("{}: {} images of {}, {} classes; {} in {:.2f} s on {}, written to {}\n", name, count,
                    format_shape(shape), classes, kind, seconds, device == "cpu" ? "the CPU" : device, out));
}

const char* arithmetic_name(Arithmetic arithmetic) { return arithmetic == Arithmetic::exact ? "exact" : "float64"; }

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

void run_dual(const MomentsState& state, const std::vector<Pretext>& pretexts, std::unique_ptr<Dataset> dataset,
              const Device& device) {
  require_dual_memory(dataset->info(), pretexts, device, state.work.verbosity);
  const auto start = Clock::now();
  const DualReading reading = read_dual_moments(std::move(dataset), pretexts, device, state.work.verbosity);
  const DualMoments& moments = reading.moments;
  save_moments(moments, state.out);
  if (state.work.verbosity == Verbosity::quiet) return;
  const std::string kind =
      fmt::format("{} dual moments with {} structure{} of masks", arithmetic_name(moments.arithmetic),
                  moments.families.size(), moments.families.size() == 1 ? "" : "s");
  report(moments.dataset, moments.count(), moments.shape, moments.classes(), kind, seconds_since(start),
         reading.facts.device, state.out);
}

void run(const MomentsState& state) {
  require_writable({state.out}, {state.data});
  const Device device = open_device(state.work);
  auto dataset = open_source(state.data, state.source, state.work);
  const DatasetInfo info = dataset->info();
  const std::vector<Pretext> pretexts = parse_pretexts(state.specifications);
  // Without a list of pretexts, moments are to be merged or swept with any.
  const bool chosen = state.form_option->count() > 0 || !pretexts.empty();
  if (chosen_form(chosen ? state.form : MomentsForm::primal, info, pretexts) == MomentsForm::dual)
    return run_dual(state, pretexts, std::move(dataset), device);
  require_moments_memory(info, state.source.open.batch, device, state.work.verbosity);
  const auto start = Clock::now();
  const Reading reading = read_moments(std::move(dataset), device, state.work.verbosity);
  const Moments& moments = reading.moments;
  save_moments(moments, state.out);
  if (state.work.verbosity == Verbosity::quiet) return;
  report(moments.dataset, moments.count, moments.shape, moments.classes(),
         fmt::format("{} moments", arithmetic_name(moments.arithmetic)), seconds_since(start), reading.facts.device,
         state.out);
}

constexpr auto footer = R"(Examples:
  eigenlens moments /usr/share/datasets/fashion-mnist --out train.safetensors
  eigenlens moments /usr/share/datasets/fashion-mnist --split test --out test.safetensors
  eigenlens moments imagenette --resize 64 --crop 64 --out imagenette.safetensors
  eigenlens moments imagenette --resize 160 --crop 160 --form dual \
      --pretext mask:patch=16,ratio=0.5 --out imagenette-dual.safetensors

The file is read by `eigenlens sweep` and `eigenlens merge`, and from Python by
safetensors.numpy.load_file. Where there are fewer images than pixels, the dual
form is smaller; it holds the masks that are named and cannot be merged.)";

}  // namespace

Command add_moments_command(CLI::App& program) {
  auto state = std::make_shared<MomentsState>();
  CLI::App* parser = program.add_subcommand("moments", "Read a data set once and keep its second moments in a file");
  parser->add_option("DATA", state->data, "Data set: a directory, or a file of images")->required();
  parser->add_option("-o,--out", state->out, "Moments file to write")->type_name("FILE")->required();
  parser
      ->add_option("-p,--pretext", state->specifications,
                   "Dual form: masks that can be swept from the file, as of eigenlens sweep; strengths do not matter")
      ->type_name("SPEC")
      ->allow_extra_args(false);
  state->form_option = add_form_option(*parser, state->form, "Default: auto with --pretext, else primal");
  add_work_options(*parser, state->work);
  add_data_options(*parser, state->source);
  parser->footer(footer);
  return {parser, [state](const std::string&) { run(*state); }};
}

}  // namespace eigenlens::cli
