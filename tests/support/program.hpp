// SPDX-License-Identifier: Apache-2.0
/// \file
/// Runs the eigenlens program as a user does and keeps what it said.
#pragma once

#include <chrono>
#include <csignal>
#include <functional>
#include <string>
#include <vector>

namespace eigenlens::test {

struct RunOptions {
  std::string stdout_path = {};  ///< empty: captured
  int signal = 0;                ///< sent once, after signal_after
  std::chrono::milliseconds signal_after{0};
  std::function<bool()> signal_when = {};  ///< asked every millisecond, if given: the signal waits for its yes
  std::chrono::seconds limit{120};         ///< a run that takes longer is killed and fails the test
};

struct Outcome {
  int exit_code = -1;  ///< 128 + the signal that ended it
  std::string out;
  std::string err;
};

/// Runs the program with these arguments, stdin empty, neither stream a terminal.
Outcome run_program(const std::vector<std::string>& arguments, const RunOptions& options = {});

/// The run must end well; what it said.
Outcome expect_success(const std::vector<std::string>& arguments);

/// The run must fail with this code, one message on stderr that has these words, and nothing on stdout.
void expect_failure(const std::vector<std::string>& arguments, int code, const std::string& words);

}  // namespace eigenlens::test
