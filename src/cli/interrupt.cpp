// SPDX-License-Identifier: Apache-2.0
#include "interrupt.hpp"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string_view>

namespace eigenlens::cli {
namespace {

volatile std::sig_atomic_t received = 0;

/// Only async-signal-safe calls.
void on_interrupt(int signal) {
  const int saved = errno;
  received = signal;
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
  constexpr std::string_view message = "\neigenlens: stopping at the next step; once more kills at once\n";
  if (isatty(STDERR_FILENO) != 0) {
    [[maybe_unused]] const auto ignored = write(STDERR_FILENO, message.data(), message.size());
  }
  errno = saved;
}

void watch(int signal) {
  struct sigaction old = {};
  if (sigaction(signal, nullptr, &old) != 0 || old.sa_handler == SIG_IGN) return;
  struct sigaction action = {};
  action.sa_handler = on_interrupt;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, nullptr);
}

}  // namespace

void watch_interrupts() {
  watch(SIGINT);
  watch(SIGTERM);
  std::signal(SIGPIPE, SIG_IGN);
}

int interrupt_signal() noexcept { return received; }

}  // namespace eigenlens::cli
