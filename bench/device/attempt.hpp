// SPDX-License-Identifier: Apache-2.0
/// \file
/// Work that may fail, hang, or take its process with it: each attempt is a process of its own.
#pragma once

#include <functional>
#include <string>

namespace eigenlens::bench {

enum class Verdict {
  right,
  wrong,      ///< it said that it succeeded, and the result is not what was planted
  refused,    ///< an error was returned
  no_memory,  ///< the device's or the host's
  died,       ///< the process ended by a signal
  too_slow,   ///< and was ended
};
const char* name_of(Verdict verdict);

/// What the work found.
struct Trial {
  double seconds = 0;  ///< of the call alone
  double error = 0;    ///< against what was planted
  double bound = 0;    ///< beyond which it is wrong
};

struct Attempt {
  Verdict verdict = Verdict::died;
  Trial trial;
  std::string text;  ///< for people: the error, or how it ended
};

/// Runs `work` in a child of this process, for at most `limit` seconds in all. The parent must not have used CUDA: a
/// context does not outlive a fork.
Attempt attempt(double limit, const std::function<Trial()>& work);

}  // namespace eigenlens::bench
