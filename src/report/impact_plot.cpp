// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "data/atomic_file.hpp"
#include "eigenlens/error.hpp"
#include "eigenlens/impact.hpp"
#include "report/format_names.hpp"
#include "report/gnuplot.hpp"
#include "report/labels.hpp"
#include "report/result_place.hpp"

namespace eigenlens {
namespace {

constexpr std::size_t most_legend_lines = 12;

struct Line {
  std::string title;
  std::vector<std::int64_t> k;
  std::vector<double> percent;
};

/// A noise structure and its strengths.
struct Panel {
  std::string title;
  std::vector<Line> lines;
};

/// Lines and their axis: sin θ_max at some K or, where no angles were computed, couplings at every K.
struct Picture {
  std::string title;
  std::string subtitle;
  std::string y_label;
  double largest = 0;
  std::int64_t last_k = 2;
  std::vector<Panel> panels;
};

/// What of a specification its panel's title does not say: "ratio=0.75" of mask:patch=4,ratio=0.75. A number at its end
/// is cut to four digits: 0.30000000000000004 is 0.3.
std::string strength_text(std::string_view specification, std::string_view structure) {
  if (specification.starts_with(structure) && specification.size() > structure.size())
    specification.remove_prefix(structure.size() + 1);
  std::string text(specification);
  const std::size_t number = text.rfind('=') + 1;
  char* end = nullptr;
  const double value = std::strtod(text.c_str() + number, &end);
  return number > 0 && *end == '\0' ? fmt::format("{}{:.4g}", text.substr(0, number), value) : text;
}

Line read_line(const Place& impact, const char* quantity, const std::vector<std::int64_t>& k) {
  Line line;
  line.title = impact["pretext"]["spec"].text();
  line.percent = impact[quantity].numbers();
  if (line.percent.size() > k.size())
    impact[quantity].refuse(fmt::format("at most {} values, one for each K, not {}", k.size(), line.percent.size()));
  line.k.assign(k.begin(), k.begin() + static_cast<std::ptrdiff_t>(line.percent.size()));
  for (double& value : line.percent) value *= 100;
  return line;
}

/// The K of the lines, ascending.
std::vector<std::int64_t> read_k(const Place& top) {
  std::vector<std::int64_t> k;
  for (const Place& each : top["k"].elements()) {
    if (!k.empty() && each.positive() <= k.back()) each.refuse("a K larger than the one before");
    k.push_back(each.positive());
  }
  return k;
}

Picture read_picture(const std::string& path) {
  const nlohmann::json document = parse_result(path);
  const Place top(document, path, "the file");
  if (const std::string format = top["format"].text(); format != formats::impact)
    throw Error(ErrorCode::data, fmt::format("{}: format {}, this version reads {}", path, format, formats::impact));
  const Place dataset = top["dataset"];
  const bool angles = top["depth"].text() == "angles";
  Picture picture;
  picture.title = fmt::format("{}: N = {} samples, D = {} inputs; no labels", dataset["name"].text(),
                              with_thousands(dataset["n"].positive()), with_thousands(dataset["d"].positive()));
  picture.subtitle = angles ? "the most that the noise can change the alignment of K features with any task whatever"
                            : "how strongly the noise ties the first K principal components to the rest; 0: not at all";
  picture.y_label = angles ? "largest change (points)" : "coupling (%)";
  std::vector<std::int64_t> k;
  if (angles) {
    k = read_k(top);
  } else {
    for (std::int64_t each = 1; each <= dataset["rank"].positive(); ++each) k.push_back(each);
  }
  picture.last_k = std::max<std::int64_t>(k.back(), 2);
  for (const Place& structure : top["structures"].elements()) picture.panels.push_back({structure["name"].text(), {}});
  for (const Place& impact : top["impacts"].elements()) {
    const double structure = impact["structure"].number();
    if (!(structure >= 0 && structure < static_cast<double>(picture.panels.size())))
      impact["structure"].refuse(fmt::format("the number of a structure, from 0 to {}", picture.panels.size() - 1));
    Panel& panel = picture.panels[static_cast<std::size_t>(structure)];
    panel.lines.push_back(read_line(impact, angles ? "max_sin" : "coupling", k));
    for (const double value : panel.lines.back().percent) picture.largest = std::max(picture.largest, value);
  }
  return picture;
}

/// Writes the data of a panel's lines as blocks and plots them, from dark to light in the order of the file.
void add_panel(const Panel& panel, std::size_t& number, std::string& script) {
  std::vector<std::string> parts;
  const std::size_t count = panel.lines.size(), step = (count + most_legend_lines - 1) / most_legend_lines;
  for (std::size_t i = 0; i < count; ++i, ++number) {
    const Line& line = panel.lines[i];
    fmt::format_to(std::back_inserter(script), "$d{} << END\n", number);
    for (std::size_t j = 0; j < line.k.size(); ++j)
      fmt::format_to(std::back_inserter(script), "{} {:.6g}\n", line.k[j], line.percent[j]);
    script += "END\n";
    const bool named = i % step == 0 || i + 1 == count;
    parts.push_back(fmt::format(
        "$d{} using 1:2 with {} lw 1.8 lc palette frac {:.3f}{}", number,
        line.k.size() <= 40 ? "linespoints pt 7 ps 0.5" : "lines",
        count < 2 ? 0.3 : static_cast<double>(i) / static_cast<double>(count - 1),
        named ? " title " + gnuplot_text(strength_text(line.title, panel.title)) : std::string(" notitle")));
  }
  script += fmt::format("set title {}\nplot {}\n", gnuplot_text(panel.title), fmt::join(parts, ", \\\n  "));
}

std::string script_of(const Picture& picture, std::string_view ending) {
  const std::size_t count = picture.panels.size();
  const std::size_t columns = count == 4 ? 2 : std::min<std::size_t>(count, 3), rows = (count + columns - 1) / columns;
  std::string script = "set encoding utf8\n";
  script += gnuplot_terminal(ending, columns * (columns == 1 ? 820 : 520), rows * 440 + 70);
  script += fmt::format("set multiplot layout {},{} title {} . \"\\n\" . {}\n", rows, columns,
                        gnuplot_text(picture.title), gnuplot_text(picture.subtitle));
  // Viridis without its lightest tenth, which is hard to see on white
  script +=
      "set palette defined (0 '#440154', 1 '#414487', 2 '#2a788e', 3 '#22a884', 4 '#7ad151', 5 '#bddf26')\n"
      "unset colorbox\nset cbrange [0:1]\nset logscale x\nset xlabel 'K, learned features (log scale)'\n"
      "set grid back lt 1 lw 0.8 lc rgb '#e4e4e4'\nset border 3\nset tics nomirror\n"
      "set key outside center bottom horizontal Left reverse samplen 1.5\n";
  script += fmt::format("set ylabel {}\nset xrange [1:{}]\nset yrange [0:{:.6g}]\n", gnuplot_text(picture.y_label),
                        picture.last_k, std::max(1.0, 1.05 * picture.largest));
  std::size_t number = 0;
  for (const Panel& panel : picture.panels) add_panel(panel, number, script);
  return script + "unset multiplot\n";
}

}  // namespace

void plot_impact(const std::string& impact_json, const std::string& out) {
  const std::string_view ending = picture_ending(out);
  Picture picture = read_picture(impact_json);
  std::erase_if(picture.panels, [](const Panel& panel) { return panel.lines.empty(); });
  AtomicFile file(out);
  file.write(run_gnuplot(script_of(picture, ending)));
  file.commit();
}

}  // namespace eigenlens
