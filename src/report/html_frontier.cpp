// SPDX-License-Identifier: Apache-2.0
// The frontier between classes and reconstruction, and impacts, of a page.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/html_noise.hpp"
#include "report/html_page.hpp"
#include "report/labels.hpp"

namespace eigenlens {
namespace {

constexpr std::size_t most_lines = 6;  // of different K
constexpr std::size_t most_points = 120;
constexpr double smallest_told = 0.05;  // points
constexpr double told_k = 10;           // of impacts, in the summary

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

/// The largest and the least change near a K at which noises differ much.
void say_impact(const HtmlChart& chart, HtmlPage& page) {
  const std::vector<double>& k = chart.lines.front().x;
  const double middle = *std::min_element(
      k.begin(), k.end(), [](double a, double b) { return std::abs(a - told_k) < std::abs(b - told_k); });
  double most = -1, least = 101;
  std::string most_label, least_label;
  for (const HtmlLine& line : chart.lines)
    for (std::size_t i = 0; i < line.x.size(); ++i) {
      if (line.x[i] != middle) continue;
      if (line.y[i] > most) most = line.y[i], most_label = line.label;
      if (line.y[i] < least) least = line.y[i], least_label = line.label;
    }
  if (most < smallest_told) return;
  page.say("Without labels",
           fmt::format("At K = {:.0f}, <code>{}</code> can change the alignment of some task by {:.1f} points "
                       "at most{}.",
                       middle, escaped(most_label), most,
                       most_label == least_label
                           ? std::string()
                           : fmt::format(", <code>{}</code> by {:.1f}", escaped(least_label), std::max(0.0, least))));
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
