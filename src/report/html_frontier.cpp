// SPDX-License-Identifier: Apache-2.0
// The frontier between classes and reconstruction, and impacts, of a page.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "report/html_noise.hpp"
#include "report/html_page.hpp"
#include "report/labels.hpp"

namespace eigenlens {
namespace {

constexpr std::size_t most_lines = 6;  // of different K
constexpr std::size_t most_points = 120;
constexpr double smallest_told = 0.05;  // points
constexpr std::size_t most_told = 4;    // K of impacts, in the summary

struct Point {
  std::string lambda;
  std::vector<double> supervised;
  std::vector<double> reconstruction;
};

std::vector<Point> read_points(const Place& top, std::size_t count) {
  std::vector<Point> points;
  for (const Place& place : top["points"].elements()) {
    const double lambda = read_weight(place["lambda"]);
    Point point{std::isinf(lambda) ? "∞" : fmt::format("{:.3g}", lambda), place["supervised_share"].numbers(),
                place["reconstruction_share"].numbers()};
    for (const auto* list : {&point.supervised, &point.reconstruction})
      if (list->size() != count) place.refuse(fmt::format("{} values of both shares, one for each K", count));
    points.push_back(std::move(point));
  }
  return points;
}

/// Of many K, some in equal ratios; not the last, where every weight is the same.
std::vector<std::size_t> drawn(std::size_t count) {
  std::vector<std::size_t> indices = thinned_indices(count, most_lines + 1);
  if (indices.size() > 1) indices.pop_back();
  return indices;
}

void say_frontier(const Place& top, const std::vector<std::int64_t>& k, const std::vector<Point>& points,
                  HtmlPage& page) {
  const std::vector<std::size_t> lines = drawn(k.size());
  const std::size_t i = lines[lines.size() / 2];
  const Point &first = points.front(), &plain = points.back();
  const std::int64_t smallest =
      top.has("perfect_alignment") ? top["perfect_alignment"]["smallest_k"].positive() : page.dataset().rank;
  page.say("Classes against reconstruction",
           fmt::format("With K = {} features, learning the classes first instead of the input alone takes the loss of "
                       "the classifier "
                       "from "
                       "{} to {} % of the targets, and the error of reconstruction from {} to {} %.{}",
                       k[i], percent(plain.supervised[i]), percent(first.supervised[i]),
                       percent(plain.reconstruction[i]), percent(first.reconstruction[i]),
                       smallest < page.dataset().rank
                           ? fmt::format(" From K = {} on there is nothing to trade.", with_thousands(smallest))
                           : ""));
}

void add_one_frontier(const ReportResult& result, const std::string& title, HtmlPage& page) {
  const Place top = result.top();
  const std::string id = page.begin_section("frontier", title);
  std::vector<std::int64_t> k;
  for (const Place& each : top["k"].elements()) k.push_back(each.positive());
  const std::vector<Point> points = read_points(top, k.size());
  HtmlChart chart{.id = "chart-" + id,
                  .title = "Loss of the classifier against error of reconstruction",
                  .description =
                      "A line a number of features K, a point a weight λ: the best that K linear features can do "
                      "at both. The upper left end of a line is reconstruction alone, the lower right end the "
                      "classes first.",
                  .x_label = "error of reconstruction (% of the input)",
                  .y_label = "loss of a classifier (% of the targets)",
                  .x_axis = Axis::logarithmic,
                  .y_axis = Axis::linear,
                  .lines = {}};
  HtmlTable table{"Loss of the classifier / error of reconstruction, both in %", {"λ"}, {}};
  for (const std::size_t i : drawn(k.size())) {
    HtmlLine line{fmt::format("K = {}", k[i]), fmt::format("K = {}", k[i]), static_cast<double>(k[i]), {}, {}};
    for (auto point = points.rbegin(); point != points.rend(); ++point) {
      line.x.push_back(100 * point->reconstruction[i]);
      line.y.push_back(100 * point->supervised[i]);
    }
    chart.lines.push_back(std::move(line));
    table.header.push_back(fmt::format("K = {}", k[i]));
  }
  for (const Point& point : points) {
    std::vector<std::string> row = {point.lambda};
    for (const std::size_t i : drawn(k.size()))
      row.push_back(percent(point.supervised[i]) + " / " + percent(point.reconstruction[i]));
    table.rows.push_back(std::move(row));
  }
  say_frontier(top, k, points, page);
  page.add_chart(chart, table);
}

/// Couplings are of every K up to the rank, and in the file: as many as the longest list has.
std::vector<double> impact_k(const Place& top) {
  if (top["depth"].text() == "angles") return top["k"].numbers();
  std::size_t longest = 0;
  for (const Place& impact : top["impacts"].elements())
    longest = std::max(longest, impact["coupling"].elements().size());
  const auto count = std::min(static_cast<std::int64_t>(longest), top["dataset"]["rank"].positive());
  std::vector<double> k;
  for (std::int64_t each = 1; each <= count; ++each) k.push_back(static_cast<double>(each));
  return k;
}

/// A few K in equal ratios; not the rank, where nothing can change.
std::vector<double> told_k(const std::vector<double>& k, std::int64_t rank) {
  std::vector<double> below, few;
  std::copy_if(k.begin(), k.end(), std::back_inserter(below),
               [rank](double each) { return each < static_cast<double>(rank); });
  for (double power = 4; power < static_cast<double>(rank); power *= 4)
    if (std::binary_search(below.begin(), below.end(), power)) few.push_back(power);
  if (few.empty()) few = below;
  std::vector<double> told;
  for (const std::size_t i : thinned_indices(few.size(), most_told)) told.push_back(few[i]);
  return told;
}

/// The largest change at a few K, and the noise that can make it.
void say_impact(const HtmlChart& chart, HtmlPage& page) {
  std::vector<std::string> parts;
  double largest = 0;
  const bool one = chart.lines.size() == 1;
  const auto name = [](const HtmlLine& line) { return fmt::format("<code>{}</code>", escaped(line.label)); };
  for (const double each : told_k(chart.lines.front().x, page.dataset().rank)) {
    double most = -1;
    const HtmlLine* whose = nullptr;
    for (const HtmlLine& line : chart.lines)
      for (std::size_t i = 0; i < line.x.size(); ++i)
        if (line.x[i] == each && line.y[i] > most) most = line.y[i], whose = &line;
    if (whose == nullptr) continue;
    largest = std::max(largest, most);
    parts.push_back(
        fmt::format("{:.1f} points at K = {:.0f}{}", most, each, one ? "" : fmt::format(" ({})", name(*whose))));
  }
  if (largest < smallest_told) return;
  page.say("Without labels",
           fmt::format("The most that {} can change the alignment of some task depends on K: {}.",
                       one ? name(chart.lines.front()) : "one of the noises", fmt::join(parts, ", ")));
}

void add_one_impact(const ReportResult& result, const std::string& title, HtmlPage& page) {
  const Place top = result.top();
  const bool angles = top["depth"].text() == "angles";
  const std::string id = page.begin_section("impact", title);
  const std::vector<double> k = impact_k(top);
  const char* what = angles ? "the most that a noise can change the alignment of K features with any task whatever"
                            : "how strongly a noise ties the first K principal components to the rest; 0: not at all";
  HtmlChart chart{.id = "chart-" + id,
                  .title = angles ? "Largest change for any task" : "Coupling",
                  .description = fmt::format("A line a noise, K on a log scale: {}. No labels are used.", what),
                  .x_label = "K, learned features",
                  .y_label = angles ? "largest change (points)" : "coupling (%)",
                  .x_axis = Axis::logarithmic,
                  .y_axis = Axis::linear,
                  .families = LineFamilies::noises,
                  .lines = {}};
  HtmlTable table{angles ? "Largest change of alignment for any task (points)" : "Coupling (%)", {"noise"}, {}};
  const std::vector<std::size_t> shown = thinned_indices(k.size(), 8);
  for (const std::size_t i : shown) table.header.push_back(fmt::format("K = {:.0f}", k[i]));
  for (const Place& impact : top["impacts"].elements()) {
    const Pretext pretext = read_pretext(impact["pretext"]);
    const std::vector<double> values = impact[angles ? "max_sin" : "coupling"].numbers();
    if (values.size() > k.size()) impact.refuse(fmt::format("at most {} values, one for each K", k.size()));
    HtmlLine line{labels_of({pretext}).front(), family_of(pretext), strength_of(pretext), {}, {}};
    for (const std::size_t i : thinned_indices(values.size(), most_points)) {
      line.x.push_back(k[i]);
      line.y.push_back(100 * values[i]);
    }
    std::vector<std::string> row = {escaped(line.label)};
    for (const std::size_t i : shown) row.push_back(i < values.size() ? percent(values[i]) : "–");
    table.rows.push_back(std::move(row));
    chart.lines.push_back(std::move(line));
  }
  if (angles) say_impact(chart, page);
  page.add_chart(chart, table);
}

}  // namespace

void add_frontier(const std::vector<ReportResult>& results, HtmlPage& page) {
  for (const ReportResult& result : results)
    if (result.kind == "frontier")
      add_one_frontier(result, title_of("Classes against reconstruction", result, results), page);
}

void add_impact(const std::vector<ReportResult>& results, HtmlPage& page) {
  for (const ReportResult& result : results)
    if (result.kind == "impact")
      add_one_impact(result, title_of("What a noise can do, without labels", result, results), page);
}

}  // namespace eigenlens
