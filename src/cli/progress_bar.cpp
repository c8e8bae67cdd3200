// SPDX-License-Identifier: Apache-2.0
#include "progress_bar.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "interrupt.hpp"

namespace eigenlens::cli {
namespace {

constexpr std::string_view clear_line = "\r\x1b[K";
constexpr std::size_t widest_bar = 40;
constexpr std::size_t narrowest_bar = 8;

/// Asked at every redraw, so that a resized window is followed.
int terminal_columns() {
  winsize size = {};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

void write_terminal(std::string_view text) {
  [[maybe_unused]] const auto ignored = write(STDERR_FILENO, text.data(), text.size());
}

std::string format_rate(double rate) { return rate >= 100 ? fmt::format("{:.0f}", rate) : fmt::format("{:.2g}", rate); }

std::string format_duration(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::ceil(std::min(seconds, 359999.0)));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{}:{:02} min", whole / 60, whole % 60);
  return fmt::format("{}:{:02} h", whole / 3600, whole / 60 % 60);
}

std::string bar(double share, std::size_t width) {
  const auto full = static_cast<std::size_t>(share * static_cast<double>(width));
  return "[" + std::string(full, '#') + std::string(width - full, '.') + "]";
}

}  // namespace

std::string render_progress(const ProgressEvent& event, std::int64_t first, double seconds, int columns) {
  const bool known = event.total > 0;
  const double share =
      known ? std::clamp(static_cast<double>(event.done) / static_cast<double>(event.total), 0.0, 1.0) : 0;
  const double rate = seconds > 0 ? static_cast<double>(event.done - first) / seconds : 0;
  const std::string unit = event.unit.empty() ? "" : fmt::format(" {}", event.unit);
  std::string numbers =
      known ? fmt::format("{}/{}{}", event.done, event.total, unit) : fmt::format("{}{}", event.done, unit);
  if (rate > 0) {
    numbers += fmt::format("  {}/s", format_rate(rate));
    if (known)
      numbers += fmt::format("  {} left", format_duration(static_cast<double>(event.total - event.done) / rate));
  }
  const auto width = static_cast<std::size_t>(std::max(columns, 1));
  std::string line = std::string(event.stage) + "  ";
  const std::size_t taken = line.size() + numbers.size() + 4;  // "[" "]" and two blanks
  if (known && taken + narrowest_bar <= width) line += bar(share, std::min(widest_bar, width - taken)) + "  ";
  line += numbers;
  return line.substr(0, width);
}

ProgressBar::ProgressBar(Verbosity verbosity)
    : enabled_(verbosity == Verbosity::normal && isatty(STDERR_FILENO) == 1) {}

Progress ProgressBar::callback() {
  return [this](const ProgressEvent& event) {
    if (interrupt_signal() != 0) return false;
    if (enabled_) show(event);
    return true;
  };
}

void ProgressBar::show(const ProgressEvent& event) {
  const auto now = Clock::now();
  const bool new_stage = event.stage != stage_;
  if (new_stage || event.done < stage_first_) {
    stage_ = event.stage;
    stage_first_ = event.done;
    stage_start_ = now;
  }
  if (drawn_ && now - last_draw_ < std::chrono::milliseconds(100)) return;
  const double seconds = std::chrono::duration<double>(now - stage_start_).count();
  // The last column stays free: some terminals wrap when it is written.
  write_terminal(
      fmt::format("{}{}", clear_line, render_progress(event, stage_first_, seconds, terminal_columns() - 1)));
  drawn_ = true;
  last_draw_ = now;
}

void ProgressBar::clear() noexcept {
  if (drawn_) write_terminal(clear_line);
  drawn_ = false;
}

}  // namespace eigenlens::cli
