// SPDX-License-Identifier: Apache-2.0
#include "test_set.hpp"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>

#include "eigenlens/error.hpp"

namespace eigenlens::cli {
namespace {

bool is_moments(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_regular_file(path, error) && is_moments_file(path);
}

}  // namespace

void add_test_options(CLI::App& command, TestOptions& options) {
  CLI::Option* test = command
                          .add_option("--test", options.path,
                                      "Test set: accuracy of a linear classifier on K features, for every K; may be "
                                      "DATA's own directory")
                          ->type_name("TEST")
                          ->group("Probe");
  command.add_option("--test-split", options.split, "Part of TEST: test (default) or train")
      ->type_name("NAME")
      ->needs(test)
      ->group("Probe");
  command.add_option("--test-labels", options.labels, "Labels file of TEST, where its images file alone does not tell")
      ->type_name("FILE")
      ->needs(test)
      ->group("Probe");
  command
      .add_option("--ridge", options.ridge,
                  "Ridge regression: weight of the squared map, 1 as much as an input's mean variance; default 0")
      ->type_name("A")
      ->needs(test)
      ->group("Probe");
}

TestSet require_test_set(const TestOptions& options, SweepRequest& request) {
  if (is_moments(options.path))
    throw Error(ErrorCode::usage, fmt::format("--test {} is a moments file: accuracy needs samples", options.path));
  if (!(options.ridge >= 0) || std::isinf(options.ridge))
    throw Error(ErrorCode::usage, fmt::format("--ridge {}: expected a number from 0", options.ridge));
  DataOptions source = request.source;
  source.open.split = options.split;
  source.open.labels = options.labels;
  if (is_moments(request.data))
    std::erase_if(request.source.flags, [](const CLI::Option* flag) {
      return flag->get_name() != "--split" && flag->get_name() != "--labels";
    });
  request.outcome = Outcome::probe;
  request.test_shape = open_source(options.path, source, request.work)->info().shape;
  request.test_name = options.path;
  return [path = options.path, source, work = request.work] { return prefetch(open_source(path, source, work)); };
}

}  // namespace eigenlens::cli
