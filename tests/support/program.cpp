// SPDX-License-Identifier: Apache-2.0
#include "support/program.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

#include "support/moved.hpp"

namespace eigenlens::test {
namespace {

using Clock = std::chrono::steady_clock;

struct Pipe {
  Pipe() {
    std::array<int, 2> ends = {};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    read_end = ends[0];
    write_end = ends[1];
  }
  ~Pipe() {
    close(read_end);
    close_write_end();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  void close_write_end() {
    if (write_end >= 0) close(write_end);
    write_end = -1;
  }
  int read_end = -1;
  int write_end = -1;
};

pid_t start(const std::vector<std::string>& arguments, const RunOptions& options, const Pipe& out, const Pipe& err) {
  const std::string program = moved(EIGENLENS_PROGRAM);
  std::vector<std::string> words = {program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  if (options.stdout_path.empty()) {
    posix_spawn_file_actions_adddup2(&files, out.write_end, STDOUT_FILENO);
  } else {
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, options.stdout_path.c_str(), O_WRONLY, 0);
  }
  posix_spawn_file_actions_adddup2(&files, err.write_end, STDERR_FILENO);
  // A test run in the background has SIGINT ignored, and the program would keep it so.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGINT);
  sigaddset(&defaults, SIGTERM);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  pid_t child = -1;
  const int failed = posix_spawn(&child, program.c_str(), &files, &attributes, argv.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  if (failed != 0) throw std::runtime_error("cannot start " + program);
  return child;
}

/// Reads what is there; false at the end of the stream.
bool drain(int descriptor, std::string& text) {
  std::array<char, 4096> buffer = {};
  const auto count = read(descriptor, buffer.data(), buffer.size());
  if (count > 0) text.append(buffer.data(), static_cast<std::size_t>(count));
  return count > 0;
}

}  // namespace

Outcome run_program(const std::vector<std::string>& arguments, const RunOptions& options) {
  Pipe out;
  Pipe err;
  const pid_t child = start(arguments, options, out, err);
  out.close_write_end();
  err.close_write_end();
  const auto begin = Clock::now();
  Outcome outcome;
  bool signal_sent = options.signal == 0;
  std::array<pollfd, 2> streams = {pollfd{out.read_end, POLLIN, 0}, pollfd{err.read_end, POLLIN, 0}};
  while (streams[0].fd >= 0 || streams[1].fd >= 0) {
    poll(streams.data(), streams.size(), options.signal_when ? 1 : 10);
    if (streams[0].revents != 0 && !drain(out.read_end, outcome.out)) streams[0].fd = -1;
    if (streams[1].revents != 0 && !drain(err.read_end, outcome.err)) streams[1].fd = -1;
    const auto elapsed = Clock::now() - begin;
    if (!signal_sent && elapsed >= options.signal_after && (!options.signal_when || options.signal_when())) {
      kill(child, options.signal);
      signal_sent = true;
    }
    if (elapsed > options.limit) {
      kill(child, SIGKILL);
      ADD_FAILURE() << "eigenlens " << (arguments.empty() ? "" : arguments.front()) << " hung";
      break;
    }
  }
  int status = 0;
  waitpid(child, &status, 0);
  outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return outcome;
}

Outcome expect_success(const std::vector<std::string>& arguments) {
  Outcome outcome = run_program(arguments);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  return outcome;
}

void expect_failure(const std::vector<std::string>& arguments, int code, const std::string& words) {
  using ::testing::HasSubstr;
  const Outcome outcome = run_program(arguments);
  EXPECT_EQ(outcome.exit_code, code) << outcome.err;
  EXPECT_THAT(outcome.err, ::testing::AllOf(HasSubstr("eigenlens: error: "), HasSubstr(words)));
  EXPECT_THAT(outcome.out, ::testing::IsEmpty());
}

}  // namespace eigenlens::test
