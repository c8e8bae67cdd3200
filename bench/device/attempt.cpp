// SPDX-License-Identifier: Apache-2.0
#include "device/attempt.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>

#include "eigenlens/error.hpp"

namespace eigenlens::bench {
namespace {

/// What a child says: a letter, three numbers, a text.
std::string verdict_of(const std::function<Trial()>& work) {
  try {
    const Trial trial = work();
    const bool right = trial.error <= trial.bound;  // a NaN is wrong
    return fmt::format("{} {} {} {} off by {:.1e}, at most {:.1e} expected", right ? 'r' : 'w', trial.seconds,
                       trial.error, trial.bound, trial.error, trial.bound);
  } catch (const Error& error) {
    return fmt::format("{} 0 0 0 {}", error.code() == ErrorCode::memory ? 'm' : 'e', error.what());
  } catch (const std::bad_alloc&) {
    return "m 0 0 0 the host has too little memory";
  } catch (const std::exception& error) {
    return fmt::format("e 0 0 0 {}", error.what());
  }
}

Verdict verdict_of(char letter) {
  switch (letter) {
    case 'r':
      return Verdict::right;
    case 'w':
      return Verdict::wrong;
    case 'm':
      return Verdict::no_memory;
    default:
      return Verdict::refused;
  }
}

/// Reads until the child closes its end, or until the limit; false at the limit.
bool read_all(int from, double limit, std::string& text) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(limit));
  std::array<char, 4096> buffer{};
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
    if (left <= 0) return false;
    pollfd ready{from, POLLIN, 0};
    if (poll(&ready, 1, static_cast<int>(left)) <= 0) continue;
    const ssize_t count = read(from, buffer.data(), buffer.size());
    if (count <= 0) return true;
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

[[noreturn]] void be_the_child(int to, const std::function<Trial()>& work) {
  std::string text = verdict_of(work);
  const char* rest = text.data();
  for (std::size_t left = text.size(); left > 0;) {
    const ssize_t written = write(to, rest, left);
    if (written < 0) break;
    rest += written;
    left -= static_cast<std::size_t>(written);
  }
  _exit(0);  // the parent's buffers and CUDA's destructors are none of ours
}

}  // namespace

const char* name_of(Verdict verdict) {
  constexpr std::array names = {"right", "wrong", "refused", "no memory", "died", "too slow"};
  return names[static_cast<std::size_t>(verdict)];
}

Attempt attempt(double limit, const std::function<Trial()>& work) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) throw Error(ErrorCode::io, fmt::format("no pipe: {}", std::strerror(errno)));
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child < 0) throw Error(ErrorCode::io, fmt::format("no process: {}", std::strerror(errno)));
  if (child == 0) {
    close(ends[0]);
    be_the_child(ends[1], work);
  }
  close(ends[1]);
  std::string text;
  const bool in_time = read_all(ends[0], limit, text);
  close(ends[0]);
  if (!in_time) kill(child, SIGKILL);
  int status = 0;
  waitpid(child, &status, 0);
  Attempt made;
  if (!in_time) {
    made.verdict = Verdict::too_slow;
    made.text = fmt::format("ended after {:.0f} s", limit);
    return made;
  }
  char letter = 0;
  int at = 0;
  if (std::sscanf(text.c_str(), "%c %lf %lf %lf %n", &letter, &made.trial.seconds, &made.trial.error, &made.trial.bound,
                  &at) != 4) {
    made.text = WIFSIGNALED(status) ? fmt::format("signal {}", strsignal(WTERMSIG(status))) : "it said nothing";
    return made;
  }
  made.verdict = verdict_of(letter);
  made.text = text.substr(static_cast<std::size_t>(at));
  return made;
}

}  // namespace eigenlens::bench
