// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "data/atomic_file.hpp"
#include "eigenlens/advice.hpp"
#include "eigenlens/error.hpp"
#include "report/format_names.hpp"
#include "report/gnuplot.hpp"
#include "report/labels.hpp"
#include "report/result_place.hpp"

namespace eigenlens {
namespace {

struct Point {
  double ratio = 0;
  double value = 0;   ///< points
  double margin = 0;  ///< half a 95 % interval, in points; 0: none
};

/// One patch size.
struct Line {
  std::string title;
  std::vector<Point> points;
};

struct Picture {
  std::string title;
  std::string y_label;
  bool gain = true;
  double low = -0.5;
  double high = 0.5;
  std::vector<Line> lines;
};

std::string line_title(const Place& pretext) {
  if (pretext["kind"].text() == "dropout") return "single values";
  const std::vector<Place> patch = pretext["patch"].elements();
  if (patch.size() != 2) pretext["patch"].refuse("a height and a width");
  return fmt::format("{}×{}", patch[0].positive(), patch[1].positive());
}

Line& line_of(Picture& picture, const Place& pretext) {
  const std::string title = line_title(pretext);
  for (Line& line : picture.lines)
    if (line.title == title) return line;
  return picture.lines.emplace_back(Line{title, {}});
}

/// Intervals of the ranked noises, at their points.
void read_margins(const Place& top, Picture& picture) {
  if (!top.has("jackknife")) return;
  const double student = top["jackknife"]["student"].number();
  const std::vector<double> shown = top["shown_k"].numbers();
  const double k = top["k"].number();
  const auto at = static_cast<std::size_t>(std::find(shown.begin(), shown.end(), k) - shown.begin());
  if (at == shown.size()) top["k"].refuse("one of shown_k");
  for (const Place& row : top["ranked"].elements()) {
    const Place pretext = row["pretext"];
    if (!pretext.has("ratio") || !row.has("gain_se")) continue;
    const std::vector<double> errors = row["gain_se"].numbers();
    if (errors.size() != shown.size()) row["gain_se"].refuse("a value for each of shown_k");
    for (Point& point : line_of(picture, pretext).points)
      if (point.ratio == pretext["ratio"].number()) point.margin = 100 * student * errors[at];
  }
}

Picture read_picture(const std::string& path) {
  const nlohmann::json document = parse_result(path);
  const Place top(document, path, "the file");
  if (!top.has("format")) top.refuse(fmt::format("an advice file, with format {}", formats::advice));
  if (const std::string format = top["format"].text(); format != formats::advice)
    throw Error(ErrorCode::data, fmt::format("{}: format {}, this version reads {}", path, format, formats::advice));
  const Place dataset = top["dataset"];
  Picture picture;
  picture.gain = top["basis"].text() == "labels";
  picture.title = fmt::format("{}: N = {} samples, D = {} inputs; {} features", dataset["name"].text(),
                              with_thousands(dataset["n"].positive()), with_thousands(dataset["d"].positive()),
                              with_thousands(top["k"].positive()));
  picture.y_label = picture.gain ? "gain of alignment over no noise (points)" : "largest impact on any task (points)";
  const char* quantity = picture.gain ? "gain" : "max_sin";
  for (const Place& trial : top["trials"].elements()) {
    const Place pretext = trial["pretext"];
    if (!trial.has(quantity)) continue;  // a subspace that is not determined has no impact
    line_of(picture, pretext).points.push_back({pretext["ratio"].number(), 100 * trial[quantity].number(), 0});
  }
  if (picture.lines.empty()) top["trials"].refuse(fmt::format("at least one trial with {}", quantity));
  if (picture.gain) read_margins(top, picture);
  for (Line& line : picture.lines) {
    std::sort(line.points.begin(), line.points.end(), [](const Point& a, const Point& b) { return a.ratio < b.ratio; });
    for (const Point& point : line.points) {
      picture.low = std::min(picture.low, point.value - point.margin);
      picture.high = std::max(picture.high, point.value + point.margin);
    }
  }
  return picture;
}

std::string script_of(const Picture& picture, std::string_view ending) {
  // Told apart by colour-blind readers too (Okabe and Ito).
  constexpr const char* colours[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6d1f"};
  std::string script = "set encoding utf8\n" + gnuplot_terminal(ending, 860, 520);
  script += fmt::format("set title {}\nset ylabel {}\n", gnuplot_text(picture.title), gnuplot_text(picture.y_label));
  const double margin = 0.04 * (picture.high - picture.low);
  script += fmt::format(
      "set xlabel 'share hidden'\nset xrange [0:1]\nset yrange [{:.6g}:{:.6g}]\nset border 3\nset tics nomirror\n"
      "set grid back lt 1 lw 0.8 lc rgb '#e4e4e4'\n"
      "set key outside right top vertical Left reverse samplen 1.5 title 'hidden at once'\n",
      picture.gain ? picture.low - margin : 0.0, picture.high + margin);
  std::vector<std::string> parts;
  if (picture.gain) parts.emplace_back("0 with lines lw 1.5 dt 2 lc rgb '#444444' title 'no noise'");
  for (std::size_t i = 0; i < picture.lines.size(); ++i) {
    const Line& line = picture.lines[i];
    const char* colour = colours[i % std::size(colours)];
    fmt::format_to(std::back_inserter(script), "$d{} << END\n", i);
    for (const Point& point : line.points)
      fmt::format_to(std::back_inserter(script), "{} {:.6g} {:.6g}\n", point.ratio, point.value, point.margin);
    script += "END\n";
    parts.push_back(fmt::format("$d{} using 1:2 with linespoints lw 1.8 pt 7 ps 0.6 lc rgb '{}' title {}", i, colour,
                                gnuplot_text(line.title)));
    const bool known = std::any_of(line.points.begin(), line.points.end(), [](const Point& p) { return p.margin > 0; });
    if (known)
      parts.push_back(fmt::format(
          "$d{} using 1:($3 > 0 ? $2 : NaN):3 with yerrorbars pt 7 ps 0.9 lw 1.8 lc rgb '{}' notitle", i, colour));
  }
  return script + fmt::format("plot {}\n", fmt::join(parts, ", \\\n  "));
}

}  // namespace

void plot_advice(const std::string& advice_json, const std::string& out) {
  const std::string_view ending = picture_ending(out);
  const Picture picture = read_picture(advice_json);
  AtomicFile file(out);
  file.write(run_gnuplot(script_of(picture, ending)));
  file.commit();
}

}  // namespace eigenlens
