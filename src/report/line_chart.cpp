// SPDX-License-Identifier: Apache-2.0
#include "report/line_chart.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <iterator>
#include <string_view>

#include "data/atomic_file.hpp"
#include "eigenlens/error.hpp"
#include "report/gnuplot.hpp"

namespace eigenlens {
namespace {

constexpr std::size_t width = 820, height = 520;

/// The data of a line as a block named $d<number>.
void add_data(const ChartLine& line, std::size_t number, std::string& script) {
  fmt::format_to(std::back_inserter(script), "$d{} << END\n", number);
  for (std::size_t i = 0; i < line.x.size(); ++i)
    fmt::format_to(std::back_inserter(script), "{:.7g} {:.7g}\n", line.x[i], line.y[i]);
  script += "END\n";
}

std::string script_of(const LineChart& chart, const std::string& out) {
  std::string script = "set encoding utf8\n" + gnuplot_terminal(picture_ending(out), width, height);
  script += fmt::format("set title {}{}\n", gnuplot_text(chart.title),
                        chart.subtitle.empty() ? "" : " . \"\\n\" . " + gnuplot_text(chart.subtitle));
  script += fmt::format("set xlabel {}\nset ylabel {}\n", gnuplot_text(chart.x_label), gnuplot_text(chart.y_label));
  script += fmt::format("set xrange [{:.7g}:{:.7g}]\nset yrange [{:.7g}:{:.7g}]\n", chart.x_low, chart.x_high,
                        chart.y_low, chart.y_high);
  if (chart.x_axis == Axis::logarithmic) script += "set logscale x\n";
  script += "set grid back lt 1 lw 0.8 lc rgb '#e4e4e4'\nset border 3\nset tics nomirror\n";
  script += fmt::format("set key inside {} vertical Left reverse samplen 2 opaque\n", chart.key);
  for (const ChartMark& mark : chart.marks)
    script +=
        fmt::format("set label '' at {:.7g},{:.7g} point pt 7 ps 1 lc rgb '{}' front\n", mark.x, mark.y, mark.colour);
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < chart.lines.size(); ++i) {
    const ChartLine& line = chart.lines[i];
    add_data(line, i, script);
    parts.push_back(fmt::format("$d{} using 1:2 with lines lw 2 lc rgb '{}' {}", i, line.colour,
                                line.title.empty() ? "notitle" : "title " + gnuplot_text(line.title)));
  }
  return script + fmt::format("plot {}\n", fmt::join(parts, ", \\\n  "));
}

}  // namespace

void draw_chart(const LineChart& chart, const std::string& out) {
  (void)picture_ending(out);  // refuses other names
  AtomicFile picture(out);
  picture.write(run_gnuplot(script_of(chart, out)));
  picture.commit();
}

}  // namespace eigenlens
