// SPDX-License-Identifier: Apache-2.0
/// \file
/// One line on a terminal: stage, bar, done of total, rate, time left.
#pragma once

#include <chrono>
#include <string>

#include "console.hpp"
#include "eigenlens/progress.hpp"

namespace eigenlens::cli {

/// The line for one event, at most `columns` wide; parts that do not fit are left out, the bar first.
/// `seconds` is the time since the stage had done `first` units.
std::string render_progress(const ProgressEvent& event, std::int64_t first, double seconds, int columns);

/// Shows events on stderr if that is a terminal and nobody asked for quiet; redraws at most ten times a second, and
/// clears its line when it goes.
class ProgressBar {
 public:
  explicit ProgressBar(Verbosity verbosity);
  ~ProgressBar() { clear(); }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  /// For the library's options; the bar must outlive the work. Returns false once an interrupt came.
  [[nodiscard]] Progress callback();
  void clear() noexcept;

 private:
  using Clock = std::chrono::steady_clock;
  void show(const ProgressEvent& event);

  bool enabled_ = false;
  bool drawn_ = false;
  std::string stage_;
  std::int64_t stage_first_ = 0;  ///< units done when the stage was first seen
  Clock::time_point stage_start_;
  Clock::time_point last_draw_;
};

}  // namespace eigenlens::cli
