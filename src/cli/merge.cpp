// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <vector>

#include "commands.hpp"
#include "console.hpp"
#include "eigenlens/error.hpp"
#include "eigenlens/moments.hpp"
#include "options.hpp"
#include "output_path.hpp"
#include "reading.hpp"

namespace eigenlens::cli {
namespace {

struct MergeState {
  std::vector<std::string> inputs;
  std::string out;
  Verbosity verbosity = Verbosity::normal;
};

/// The same file twice would count its samples twice.
void require_distinct(const std::vector<std::string>& inputs) {
  for (std::size_t i = 0; i < inputs.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) {
      std::error_code absent;  // said when the file is read
      if (std::filesystem::equivalent(inputs[i], inputs[j], absent))
        throw Error(ErrorCode::usage,
                    fmt::format("{} and {} are the same file: its samples would count twice", inputs[j], inputs[i]));
    }
}

void require_primal(const std::string& path) {
  if (moments_file_form(path) == MomentsForm::dual)
    throw Error(ErrorCode::usage,
                fmt::format("{} holds moments of the dual form, which cannot be merged: the products of its samples "
                            "with those of the other files are in none of them (merge those of eigenlens moments "
                            "--form primal, or sweep all images at once)",
                            path));
}

Moments load(const std::string& path) {
  stop_if_interrupted();
  return load_moments(path);
}

void run(const MergeState& state) {
  if (state.inputs.size() < 2) throw Error(ErrorCode::usage, "merge needs two moments files or more");
  require_distinct(state.inputs);
  require_writable({state.out}, state.inputs);
  for (const std::string& input : state.inputs) require_primal(input);
  const Moments header = load_moments_header(state.inputs.front());
  const Device host({.name = "cpu"});
  require_memory(plan_merge(header.dimension(), header.classes(), host), host, "merging", state.verbosity);
  Moments moments = load(state.inputs.front());
  for (std::size_t i = 1; i < state.inputs.size(); ++i) moments = merge(moments, load(state.inputs[i]));
  stop_if_interrupted();
  save_moments(moments, state.out);
  if (state.verbosity == Verbosity::quiet) return;
  print(fmt::format("{}: {} images of {}, {} classes, from {} files; written to {}\n", moments.dataset, moments.count,
                    format_shape(moments.shape), moments.classes(), state.inputs.size(), state.out));
}

constexpr auto footer = R"(Example:
  eigenlens merge train.safetensors test.safetensors --out all.safetensors

The files must be of disjoint samples: nothing can tell that an image was
counted twice. Merged moments of byte images are exact, in any order.)";

}  // namespace

Command add_merge_command(CLI::App& program) {
  auto state = std::make_shared<MergeState>();
  CLI::App* parser = program.add_subcommand("merge", "Add up the moments of disjoint sets of samples");
  parser->add_option("FILES", state->inputs, "Moments files, two or more")->required();
  parser->add_option("-o,--out", state->out, "Moments file to write")->type_name("FILE")->required();
  add_quiet_option(*parser, state->verbosity);
  parser->footer(footer);
  return {parser, [state](const std::string&) { run(*state); }};
}

}  // namespace eigenlens::cli
