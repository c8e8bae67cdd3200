// SPDX-License-Identifier: Apache-2.0
/// \file
/// The test set that probes are read on: --test and what belongs to it.
#pragma once

#include <string>

#include "eigenlens/probe.hpp"
#include "obtain.hpp"

namespace eigenlens::cli {

struct TestOptions {
  std::string path;  ///< empty: none
  std::string split = "test";
  std::string labels;
  double ridge = 0;
};

/// The caller keeps `options` alive until the command has run.
void add_test_options(CLI::App& command, TestOptions& options);

/// Opens the test set, to see that it is one, and makes `request` count what probes need and refuse data of another
/// shape. How DATA is read (--format, --layout, …) is how the test set is read; where DATA is a moments file, those
/// options are the test set's alone. Error(usage) if TEST is a moments file, which has no samples.
TestSet require_test_set(const TestOptions& options, SweepRequest& request);

}  // namespace eigenlens::cli
