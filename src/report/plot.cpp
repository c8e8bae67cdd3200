// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "data/atomic_file.hpp"
#include "eigenlens/report.hpp"
#include "report/curves_file.hpp"
#include "report/gnuplot.hpp"
#include "report/labels.hpp"

namespace eigenlens {
namespace {

constexpr std::size_t most_named_curves = 8;   // in the first panel's legend
constexpr std::size_t most_legend_lines = 12;  // in a family's legend
constexpr std::size_t most_points = 400;       // of a line: more cannot be seen on a logarithmic axis
constexpr std::size_t most_dots = 40;          // a line of so few points also shows them

struct Line {
  std::vector<std::int64_t> k;
  std::vector<double> percent;
  std::string title;  ///< empty: not in the legend
  std::string colour;
  double width = 1.8;
};

struct Panel {
  std::string title;
  std::string y_label;
  std::string legend_title;  ///< empty: the legend lies inside the panel
  bool gain = false;         ///< percent above or below no mask, not percent of the whole
  std::vector<Line> lines;
};

/// Curves that differ in strength alone.
struct Family {
  Pretext pretext;
  std::vector<const FileCurve*> members;  ///< by strength
};

double strength_of(const Pretext& p) {
  if (p.kind == PretextKind::keep) return static_cast<double>(p.keep_count);
  return p.kind == PretextKind::gaussian ? p.sigma : p.ratio;
}

/// Plain reconstruction, or a noise of strength zero, which is the same.
bool is_baseline(const Pretext& p) { return p.kind != PretextKind::keep && strength_of(p) == 0; }

bool same_family(const Pretext& a, const Pretext& b) {
  return a.kind == b.kind && a.patch_height == b.patch_height && a.patch_width == b.patch_width &&
         a.channels == b.channels;
}

std::string family_title(const Pretext& p) {
  const std::string patch = fmt::format("{}×{}", p.patch_height, p.patch_width);
  const bool pixels = p.patch_height == 1 && p.patch_width == 1;
  const char* apart = p.channels == ChannelMode::separate ? ", each channel for itself" : "";
  switch (p.kind) {
    case PretextKind::mask:
      return pixels ? fmt::format("Hiding single pixels{}", apart) : fmt::format("Hiding {} patches{}", patch, apart);
    case PretextKind::keep:
      return fmt::format("Keeping a fixed number of {} patches{}", patch, apart);
    case PretextKind::dropout:
      return "Hiding single values (dropout)";
    case PretextKind::gaussian:
      return "Adding Gaussian noise";
    case PretextKind::reconstruct:
      break;
  }
  return "No mask";
}

const char* strength_name(PretextKind kind) {
  if (kind == PretextKind::keep) return "patches kept";
  return kind == PretextKind::gaussian ? "sigma" : "share hidden";
}

std::string strength_text(const Pretext& p) {
  if (p.kind == PretextKind::keep) return std::to_string(p.keep_count);
  if (p.kind == PretextKind::gaussian) return fmt::format("{:.3g}", p.sigma);
  return fmt::format("{:.3g} %", 100 * p.ratio);
}

/// Viridis from dark to light; its lightest tenth is hard to see on white and left out.
std::string ordered_colour(std::size_t index, std::size_t count) {
  constexpr std::array<std::array<double, 3>, 6> anchors = {
      {{68, 1, 84}, {65, 68, 135}, {42, 120, 142}, {34, 168, 132}, {122, 209, 81}, {189, 223, 38}}};
  const double share = count < 2 ? 0.3 : static_cast<double>(index) / static_cast<double>(count - 1);
  const double at = share * (anchors.size() - 1);
  const auto low = std::min(static_cast<std::size_t>(at), anchors.size() - 2);
  std::array<long, 3> rgb{};
  for (std::size_t c = 0; c < 3; ++c)
    rgb[c] = std::lround(std::lerp(anchors[low][c], anchors[low + 1][c], at - static_cast<double>(low)));
  return fmt::format("#{:02x}{:02x}{:02x}", rgb[0], rgb[1], rgb[2]);
}

/// Colours without order, told apart by colour-blind readers too (Okabe and Ito).
std::string named_colour(std::size_t index) {
  constexpr const char* colours[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                     "#e69f00", "#56b4e9", "#8c6d1f", "#7f3c8d"};
  return colours[index % std::size(colours)];
}

std::vector<Family> families_of(const CurvesFile& file) {
  std::vector<Family> families;
  for (const FileCurve& curve : file.curves) {
    if (is_baseline(curve.pretext)) continue;
    auto place = std::find_if(families.begin(), families.end(),
                              [&](const Family& family) { return same_family(family.pretext, curve.pretext); });
    if (place == families.end()) place = families.insert(families.end(), Family{curve.pretext, {}});
    place->members.push_back(&curve);
  }
  for (Family& family : families)
    std::stable_sort(family.members.begin(), family.members.end(), [](const FileCurve* a, const FileCurve* b) {
      return strength_of(a->pretext) < strength_of(b->pretext);
    });
  return families;
}

Line alignment_line(const FileCurve& curve) {
  Line line;
  line.k = curve.k;
  for (const double value : curve.alignment) line.percent.push_back(100 * value);
  return line;
}

/// 100·(align(K) / align of no mask (K) − 1), at the K that both have.
Line gain_line(const FileCurve& curve, const FileCurve& baseline) {
  Line line;
  for (std::size_t i = 0; i < curve.k.size(); ++i) {
    const auto at = std::lower_bound(baseline.k.begin(), baseline.k.end(), curve.k[i]);
    if (at == baseline.k.end() || *at != curve.k[i]) continue;
    const double plain = baseline.alignment[static_cast<std::size_t>(at - baseline.k.begin())];
    if (plain <= 0) continue;
    line.k.push_back(curve.k[i]);
    line.percent.push_back(100 * (curve.alignment[i] / plain - 1));
  }
  return line;
}

Panel overview_panel(const CurvesFile& file, const FileCurve* baseline, const std::vector<Family>& families) {
  Panel panel{"Alignment of every curve", "alignment (%)", "", false, {}};
  const bool named = file.curves.size() <= most_named_curves;
  std::vector<Pretext> pretexts;
  for (const FileCurve& curve : file.curves) pretexts.push_back(curve.pretext);
  const std::vector<std::string> labels = labels_of(pretexts);
  std::size_t colour = 0;
  for (const Family& family : families) {
    for (const FileCurve* curve : family.members) {
      Line line = alignment_line(*curve);
      if (named) line.title = labels[static_cast<std::size_t>(curve - file.curves.data())];
      if (!named && curve == family.members.front()) line.title = family_title(family.pretext);
      line.colour = named_colour(colour);
      if (!named) line.width = 1;
      panel.lines.push_back(std::move(line));
      if (named) ++colour;
    }
    if (!named) ++colour;
  }
  if (baseline) {  // last, so that it lies on top
    Line line = alignment_line(*baseline);
    line.title = "no mask (plain reconstruction)";
    line.colour = "#000000";
    line.width = 2.5;
    panel.lines.push_back(std::move(line));
  }
  return panel;
}

Panel family_panel(const Family& family, const FileCurve* baseline) {
  Panel panel;
  panel.title = family_title(family.pretext);
  panel.gain = baseline != nullptr;
  panel.y_label = panel.gain ? "gain over no mask (%)" : "alignment (%)";
  panel.legend_title = strength_name(family.pretext.kind);
  const std::size_t count = family.members.size();
  const std::size_t step = (count + most_legend_lines - 1) / most_legend_lines;
  for (std::size_t i = 0; i < count; ++i) {
    const FileCurve& curve = *family.members[i];
    Line line = baseline ? gain_line(curve, *baseline) : alignment_line(curve);
    if (i % step == 0 || i + 1 == count) line.title = strength_text(curve.pretext);
    line.colour = ordered_colour(i, count);
    panel.lines.push_back(std::move(line));
  }
  return panel;
}

/// At most about most_points of a line, evenly spaced on the logarithmic axis, and the last.
Line thinned(Line line) {
  const std::size_t count = line.k.size();
  if (count <= most_points) return line;
  const double step = std::log(static_cast<double>(line.k.back()) / static_cast<double>(line.k.front())) / most_points;
  double next = 0;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const double at = std::log(static_cast<double>(line.k[i]));
    if (i + 1 < count && at < next) continue;
    next = at + step;
    line.k[kept] = line.k[i];
    line.percent[kept++] = line.percent[i];
  }
  line.k.resize(kept);
  line.percent.resize(kept);
  return line;
}

/// Of a panel of gains: what its lines reach, zero included, at least ±1 % so that rounding is not drawn as an effect.
std::string gain_range(const Panel& panel) {
  double low = -1, high = 1;
  for (const Line& line : panel.lines) {
    for (const double value : line.percent) {
      low = std::min(low, value);
      high = std::max(high, value);
    }
  }
  const double margin = 0.05 * (high - low);
  return fmt::format("[{:.6g}:{:.6g}]", low - margin, high + margin);
}

/// Writes the data of a line as a block named $d<number>; returns its part of the plot command.
std::string add_line(const Line& full, std::size_t number, std::string& script) {
  const Line line = thinned(full);
  fmt::format_to(std::back_inserter(script), "$d{} << END\n", number);
  for (std::size_t i = 0; i < line.k.size(); ++i)
    fmt::format_to(std::back_inserter(script), "{} {:.6g}\n", line.k[i], line.percent[i]);
  script += "END\n";
  const bool dots = full.k.size() <= most_dots;
  return fmt::format("$d{} using 1:2 with {} lw {} lc rgb '{}'{} {}", number, dots ? "linespoints" : "lines",
                     line.width, line.colour, dots ? " pt 7 ps 0.6" : "",
                     line.title.empty() ? "notitle" : "title " + gnuplot_text(line.title));
}

void add_panel(const Panel& panel, std::int64_t last_k, std::size_t& number, std::string& script) {
  std::vector<std::string> parts;
  if (panel.gain) parts.emplace_back("0 with lines lw 1.5 dt 2 lc rgb '#444444' title 'no mask'");
  for (const Line& line : panel.lines)
    if (!line.k.empty()) parts.push_back(add_line(line, number++, script));
  script += fmt::format("set title {}\nset ylabel {}\n", gnuplot_text(panel.title), gnuplot_text(panel.y_label));
  script += fmt::format("set xrange [1:{}]\n", std::max<std::int64_t>(last_k, 2));
  script += fmt::format("set yrange {}\n", panel.gain ? gain_range(panel) : "[0:102]");
  script += panel.legend_title.empty()
                ? std::string("set key inside right bottom vertical Right noreverse samplen 2 opaque title ''\n")
                : fmt::format("set key outside right top vertical Left reverse samplen 1.5 title {}\n",
                              gnuplot_text(panel.legend_title));
  script += fmt::format("plot {}\n", fmt::join(parts, ", \\\n  "));
}

std::string script_of(const CurvesFile& file, const std::vector<Panel>& panels, std::string_view ending) {
  const std::size_t columns = panels.size() == 4 ? 2 : std::min<std::size_t>(panels.size(), 3);
  const std::size_t rows = (panels.size() + columns - 1) / columns;
  const std::size_t panel_width = columns == 1 ? 820 : 560;
  const std::size_t panel_height = columns == 1 ? 520 : 430;
  std::string script = "set encoding utf8\n";
  script += gnuplot_terminal(ending, columns * panel_width, rows * panel_height + 80);
  const std::string title = fmt::format("{}: N = {} samples, D = {} inputs, {} classes", file.dataset,
                                        with_thousands(file.count), with_thousands(file.dimension), file.classes);
  const bool gains = std::any_of(panels.begin(), panels.end(), [](const Panel& panel) { return panel.gain; });
  script += fmt::format(
      "set multiplot layout {},{} title {} . \"\\n\" . {}{}\n", rows, columns, gnuplot_text(title),
      gnuplot_text("alignment: of what a linear classifier can tell from the whole input, the share "
                   "left in K learned features"),
      gains ? " . \"\\n\" . 'gain: relative change of that share by the pretext task (+5 %: from 60 % to 63 %)'" : "");
  script +=
      "set logscale x\nset xlabel 'K, learned features (log scale)'\nset grid back lt 1 lw 0.8 lc rgb '#e4e4e4'\nset "
      "border 3\n"
      "set tics nomirror\n";
  std::int64_t last_k = 1;
  for (const FileCurve& curve : file.curves) last_k = std::max(last_k, curve.k.back());
  if (std::fmod(std::log10(static_cast<double>(last_k)), 1) > 0.2)
    script += fmt::format("set xtics add ({})\n", last_k);
  std::size_t number = 0;
  for (const Panel& panel : panels) add_panel(panel, last_k, number, script);
  return script + "unset multiplot\n";
}

}  // namespace

void plot_curves(const std::string& curves_json, const std::string& out) {
  const std::string_view ending = picture_ending(out);
  const CurvesFile file = read_curves_file(curves_json);
  const std::vector<Family> families = families_of(file);
  const auto plain = std::find_if(file.curves.begin(), file.curves.end(),
                                  [](const FileCurve& curve) { return is_baseline(curve.pretext); });
  const FileCurve* baseline = plain == file.curves.end() ? nullptr : &*plain;

  std::vector<Panel> panels = {overview_panel(file, baseline, families)};
  if (baseline || file.curves.size() > most_named_curves)  // else the first panel has said it all
    for (const Family& family : families) panels.push_back(family_panel(family, baseline));

  AtomicFile picture(out);
  picture.write(run_gnuplot(script_of(file, panels, ending)));
  picture.commit();
}

}  // namespace eigenlens
