// SPDX-License-Identifier: Apache-2.0
#include "device/limit_search.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

namespace eigenlens::bench {
namespace {

/// The search of one routine.
class Search {
 public:
  Search(Report& report, const Routine& routine, double limit)
      : report_(report), routine_(routine), end_(Clock::now() + std::chrono::duration<double>(limit)) {}

  void run(std::int64_t largest) {
    report_.begin(routine_.what);
    for (const std::int64_t size : routine_.sizes)
      if (size > largest || !affordable(size) || !try_one(size)) break;
    if (is_limit()) narrow();
    conclude();
  }

 private:
  using Clock = std::chrono::steady_clock;

  [[nodiscard]] double left() const { return std::chrono::duration<double>(end_ - Clock::now()).count(); }

  /// Whether the routine itself ended the search, not memory or time.
  [[nodiscard]] bool is_limit() const {
    return bad_ > 0 && first_bad_.verdict != Verdict::no_memory && first_bad_.verdict != Verdict::too_slow;
  }

  /// Whether there is time for it, by the time of the last one.
  bool affordable(std::int64_t size) {
    const double ratio = good_ > 0 ? static_cast<double>(size) / static_cast<double>(good_) : 0;
    const double about = beside_ + last_ * std::pow(ratio, routine_.power);
    if (about < left()) return true;
    untried_ =
        fmt::format("{} was not tried: about {:.0f} s, of which {:.0f} are left", size, about, std::max(0.0, left()));
    return false;
  }

  bool try_one(std::int64_t size) {
    Attempt made;
    const double all =
        bench::seconds([&] { made = attempt(std::max(1.0, left()), [&] { return routine_.work(size); }); });
    const bool right = made.verdict == Verdict::right;
    const double time = made.trial.seconds > 0 ? made.trial.seconds : all;
    report_.add({fmt::format("{}", size), {time, time, 1}, 0, 0, 0, name_of(made.verdict), made.text});
    if (right) {
      good_ = size;
      last_ = made.trial.seconds;
      beside_ = all - made.trial.seconds;
      return true;
    }
    bad_ = size;
    first_bad_ = made;
    if (is_limit() && size <= routine_.promised)
      report_.fail(fmt::format("{} {}", routine_.what, size), fmt::format("{}: {}", name_of(made.verdict), made.text));
    return false;
  }

  /// Between the last size that was right and the first that was not, to a thirty-second of it.
  void narrow() {
    while (is_limit() && bad_ - good_ > std::max(routine_.step, good_ / 32)) {
      const std::int64_t middle = (good_ + bad_) / 2 / routine_.step * routine_.step;
      if (middle <= good_ || !affordable(middle)) return;
      try_one(middle);
    }
  }

  void conclude() {
    std::string text = good_ > 0 ? fmt::format("right up to {}", good_) : "nothing was found right";
    if (bad_ > 0) text += fmt::format("; {} at {} ({})", name_of(first_bad_.verdict), bad_, first_bad_.text);
    if (!untried_.empty()) text += "; " + untried_;
    if (routine_.promised > 0) text += fmt::format("; the engine goes to {}", routine_.promised);
    report_.note(routine_.name, text);
    if (routine_.constant.empty()) return;
    if (is_limit() && good_ < routine_.promised)
      report_.note("eigen_choice.hpp: " + routine_.constant, fmt::format("should be {}", good_));
    else
      report_.note("eigen_choice.hpp: " + routine_.constant,
                   fmt::format("nothing against {}: {}", routine_.promised,
                               good_ >= routine_.promised ? "right there" : fmt::format("tried up to {}", good_)));
  }

  Report& report_;
  const Routine& routine_;
  std::chrono::time_point<Clock, std::chrono::duration<double>> end_;
  std::int64_t good_ = 0, bad_ = 0;
  double last_ = 0;    ///< seconds of the last right call
  double beside_ = 0;  ///< and what its process and its check took
  Attempt first_bad_;
  std::string untried_;
};

}  // namespace

void find_limit(Report& report, const Routine& routine, double limit, std::int64_t largest) {
  Search(report, routine, limit).run(largest);
}

}  // namespace eigenlens::bench
