// SPDX-License-Identifier: Apache-2.0
#include "console.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "eigenlens/error.hpp"

namespace eigenlens::cli {
namespace {

/// Writes everything; 0, or the system's error number.
int write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const auto written = write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

}  // namespace

void reserve_standard_streams() {
  for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; ++descriptor) {
    if (fcntl(descriptor, F_GETFD) != -1 || errno != EBADF) continue;
    // Opened the wrong way round, so that a write to a closed stdout still fails. The lowest free number is this one.
    [[maybe_unused]] const int taken = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

void print(std::string_view text) {
  const int error = write_all(STDOUT_FILENO, text);
  if (error == EPIPE) throw BrokenPipe();
  if (error != 0) throw Error(ErrorCode::io, fmt::format("cannot write to stdout: {}", std::strerror(error)));
}

void note(Verbosity verbosity, std::string_view text) {
  if (verbosity == Verbosity::normal) write_all(STDERR_FILENO, fmt::format("eigenlens: {}\n", text));
}

void print_error(std::string_view text) { write_all(STDERR_FILENO, text); }

void report_error(std::string_view message) { print_error(fmt::format("eigenlens: error: {}\n", message)); }

}  // namespace eigenlens::cli
