// SPDX-License-Identifier: Apache-2.0
/// \file
/// Pictures of lines over one axis, drawn by gnuplot.
#pragma once

#include <string>
#include <vector>

namespace eigenlens {

/// A line, and how it looks.
struct ChartLine {
  std::string title;
  std::string colour;  ///< "#0072b2"
  std::vector<double> x;
  std::vector<double> y;
};

/// A point of a line that its title speaks of.
struct ChartMark {
  double x = 0;
  double y = 0;
  std::string colour;
};

enum class Axis { linear, logarithmic };

struct LineChart {
  std::string title;
  std::string subtitle;  ///< empty: none
  std::string x_label;
  std::string y_label;
  Axis x_axis = Axis::linear;
  double x_low = 0, x_high = 1;
  double y_low = 0, y_high = 100;
  std::string key = "right bottom";  ///< where the legend is
  std::vector<ChartLine> lines;
  std::vector<ChartMark> marks;
};

/// Draws a chart; the ending of `out` (.svg or .png) chooses the format. Errors: unavailable (no gnuplot), io, usage
/// (another ending).
void draw_chart(const LineChart& chart, const std::string& out);
}  // namespace eigenlens
