// SPDX-License-Identifier: Apache-2.0
#include "eigenlens/generate.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>

#include "commands.hpp"
#include "console.hpp"
#include "eigenlens/error.hpp"
#include "options.hpp"
#include "progress_bar.hpp"

namespace eigenlens::cli {
namespace {

struct GenerateState {
  std::string directory;
  GenerateOptions options;
  Verbosity verbosity = Verbosity::normal;
};

void run(const GenerateState& state) {
  std::error_code error;
  std::filesystem::create_directory(state.directory, error);  // one level: a typo in the path above stays an error
  if (error || !std::filesystem::is_directory(state.directory)) {
    throw Error(ErrorCode::io, fmt::format("cannot make the directory {}: {}", state.directory,
                                           error ? error.message() : "something else has that name"));
  }
  {
    ProgressBar bar(state.verbosity);
    generate_dataset(state.directory, state.options, bar.callback());
  }
  if (state.verbosity == Verbosity::quiet) return;
  print(fmt::format("{} training and {} test images of {}, {} classes; written to {}\n", state.options.count,
                    state.options.test_count, format_shape(state.options.shape), state.options.classes,
                    state.directory));
}

constexpr auto footer = R"(Examples:
  eigenlens generate images
  eigenlens generate small --count 2000 --test-count 500 --shape 3x32x32 --seed 7

The same options give the same bytes on every machine.)";

}  // namespace

Command add_generate_command(CLI::App& program) {
  auto state = std::make_shared<GenerateState>();
  GenerateOptions& options = state->options;
  CLI::App* parser =
      program.add_subcommand("generate", "Make a data set: class shapes in front of textured backgrounds");
  parser->add_option("DIR", state->directory, "Directory to write to; made if it is not there")
      ->type_name("FOLDER")
      ->required();
  parser->add_option("--count", options.count, "Training images; default 60000")->type_name("N");
  parser->add_option("--test-count", options.test_count, "Test images; default 10000")->type_name("N");
  parser
      ->add_option_function<std::string>(
          "--shape", [&options](const std::string& text) { options.shape = parse_shape(text); },
          "Size of an image: HxW or CxHxW; default 28x28")
      ->type_name("SHAPE");
  parser->add_option("--classes", options.classes, "Classes, 2 to 10; default 10")->type_name("C");
  parser->add_option("--background", options.background, "Strength of the texture, 0 to 1; default 0.5")
      ->type_name("B");
  parser->add_option("--seed", options.seed, "Seed; default 1")->type_name("S");
  add_quiet_option(*parser, state->verbosity);
  parser->footer(footer);
  return {parser, [state](const std::string&) { run(*state); }};
}

}  // namespace eigenlens::cli
