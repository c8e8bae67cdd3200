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
#include "eigenlens/error.hpp"
#include "eigenlens/frontier.hpp"
#include "report/colours.hpp"
#include "report/format_names.hpp"
#include "report/gnuplot.hpp"
#include "report/labels.hpp"
#include "report/result_place.hpp"

namespace eigenlens {
namespace {

constexpr std::size_t most_lines = 9;

struct FilePoint {
  double lambda = 0;
  std::vector<double> supervised;
  std::vector<double> reconstruction;
};

struct FrontierFile {
  std::string dataset;
  std::int64_t count = 0;
  std::int64_t dimension = 0;
  std::int64_t classes = 0;
  std::vector<std::int64_t> k;
  std::vector<FilePoint> points;
};

std::vector<double> shares(const Place& point, const char* name, std::size_t count) {
  std::vector<double> values = point[name].numbers();
  if (values.size() != count)
    point[name].refuse(fmt::format("{} values, one for each K, not {}", count, values.size()));
  return values;
}

FrontierFile read_frontier(const std::string& path) {
  const nlohmann::json document = parse_result(path);
  const Place top(document, path, "the file");
  if (const std::string format = top["format"].text(); format != formats::frontier)
    throw Error(ErrorCode::data, fmt::format("{}: format {}, this version reads {}", path, format, formats::frontier));
  const Place dataset = top["dataset"];
  FrontierFile file{
      dataset["name"].text(), dataset["n"].positive(), dataset["d"].positive(), dataset["classes"].positive(), {}, {}};
  for (const Place& k : top["k"].elements()) file.k.push_back(k.positive());
  for (const Place& place : top["points"].elements()) {
    FilePoint point{read_weight(place["lambda"]), shares(place, "supervised_share", file.k.size()),
                    shares(place, "reconstruction_share", file.k.size())};
    file.points.push_back(std::move(point));
  }
  std::sort(file.points.begin(), file.points.end(),
            [](const FilePoint& a, const FilePoint& b) { return a.lambda < b.lambda; });
  return file;
}

/// Of many K, some in equal ratios.
std::vector<std::size_t> drawn(const std::vector<std::int64_t>& k) {
  std::vector<std::size_t> indices;
  if (k.size() <= most_lines) {
    for (std::size_t i = 0; i < k.size(); ++i) indices.push_back(i);
    return indices;
  }
  const double ratio = static_cast<double>(k.back()) / static_cast<double>(k.front());
  for (std::size_t line = 0; line < most_lines; ++line) {
    // The last K is the rank, where every lambda is the same: the lines end before.
    const double wanted = static_cast<double>(k.front()) * std::pow(ratio, static_cast<double>(line) / most_lines);
    const auto place = std::lower_bound(k.begin(), k.end(), static_cast<std::int64_t>(std::lround(wanted)));
    const auto index = static_cast<std::size_t>(place - k.begin());
    if (indices.empty() || indices.back() != index) indices.push_back(index);
  }
  return indices;
}

std::string block_of(const FrontierFile& file, std::size_t index) {
  std::string block = fmt::format("$k{} << END\n", file.k[index]);
  for (const FilePoint& point : file.points)
    fmt::format_to(std::back_inserter(block), "{:.8g} {:.8g}\n", 100 * point.reconstruction[index],
                   100 * point.supervised[index]);
  return block + "END\n";
}

/// The two ends of every line: circles for plain reconstruction, squares for the classes first.
std::string ends_of(const FrontierFile& file, const std::vector<std::size_t>& lines) {
  std::string blocks;
  for (const bool plain : {true, false}) {
    blocks += plain ? "$plain << END\n" : "$first << END\n";
    const FilePoint& point = plain ? file.points.back() : file.points.front();
    for (const std::size_t index : lines)
      fmt::format_to(std::back_inserter(blocks), "{:.8g} {:.8g}\n", 100 * point.reconstruction[index],
                     100 * point.supervised[index]);
    blocks += "END\n";
  }
  return blocks;
}

std::string script_of(const FrontierFile& file, std::string_view ending) {
  const std::vector<std::size_t> lines = drawn(file.k);
  std::string script = "set encoding utf8\n" + gnuplot_terminal(ending, 900, 600);
  const std::string title = fmt::format("{}: N = {} samples, D = {} inputs, {} classes", file.dataset,
                                        with_thousands(file.count), with_thousands(file.dimension), file.classes);
  script += fmt::format("set title {} . \"\\n\" . {}\n", gnuplot_text(title),
                        gnuplot_text("the best that K linear features can do at both, weight by weight"));
  script +=
      "set xlabel 'error of reconstruction, % of the input (log scale)'\n"
      "set ylabel 'loss of a linear classifier, % of the targets'\n"
      "set logscale x\nset grid back lt 1 lw 0.8 lc rgb '#e4e4e4'\nset border 3\nset tics nomirror\n"
      "set key outside right top vertical Left reverse samplen 1.5 title 'features'\n";
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    script += block_of(file, lines[i]);
    parts.push_back(fmt::format("$k{0} using 1:2 with lines lw 2 lc rgb '{1}' title 'K = {0}'", file.k[lines[i]],
                                ordered_colour(i, lines.size())));
  }
  script += ends_of(file, lines);
  parts.emplace_back("$plain using 1:2 with points pt 7 ps 0.9 lc rgb '#000000' title 'reconstruction alone'");
  parts.emplace_back("$first using 1:2 with points pt 5 ps 0.9 lc rgb '#d55e00' title 'classes first'");
  return script + fmt::format("plot {}\n", fmt::join(parts, ", \\\n  "));
}

}  // namespace

void plot_frontier(const std::string& frontier_json, const std::string& out) {
  const std::string_view ending = picture_ending(out);
  const FrontierFile file = read_frontier(frontier_json);
  AtomicFile picture(out);
  picture.write(run_gnuplot(script_of(file, ending)));
  picture.commit();
}

}  // namespace eigenlens
