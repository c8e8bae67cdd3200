// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <string>
#include <vector>

#include "eigenlens/error.hpp"
#include "eigenlens/learning.hpp"
#include "report/gnuplot.hpp"
#include "report/labels.hpp"
#include "report/line_chart.hpp"
#include "report/result_place.hpp"

namespace eigenlens {
namespace {

constexpr const char* input_colour = "#0072b2";
constexpr const char* target_colour = "#d55e00";
constexpr double marked_share = 0.9;

/// A list of shares as percents, one for each time.
std::vector<double> percents(const Place& place, std::size_t count) {
  std::vector<double> values = place.numbers();
  if (values.size() != count) place.refuse(fmt::format("{} values, one for each time", count));
  for (double& value : values) value *= 100;
  return values;
}

}  // namespace

void plot_learning(const std::string& learning_json, const std::string& out) {
  (void)picture_ending(out);  // refuses other names before the result is read
  const nlohmann::json document = parse_result(learning_json);
  const Place top(document, learning_json, "the file");
  const std::vector<double> time = top["time"].numbers();
  for (std::size_t i = 0; i < time.size(); ++i)
    if (!(time[i] > (i == 0 ? 0 : time[i - 1]))) top["time"].refuse("times above 0, ascending");

  LineChart chart;
  chart.title = fmt::format("{}: N = {} samples, D = {} inputs, {} classes", top["dataset"]["name"].text(),
                            with_thousands(top["dataset"]["n"].positive()),
                            with_thousands(top["dataset"]["d"].positive()), top["dataset"]["classes"].positive());
  chart.subtitle = "what a linear autoencoder has learned of its inputs, and of what tells the classes apart";
  chart.x_label = "training time (1: the first direction is half learned; log scale)";
  chart.y_label = "learned (%)";
  chart.x_axis = Axis::logarithmic;
  chart.x_low = time.front();
  chart.x_high = time.back();
  chart.y_high = 102;
  chart.lines = {{"inputs", input_colour, time, percents(top["input"], time.size())},
                 {"what tells the classes apart", target_colour, time, percents(top["target"], time.size())}};
  for (const Place& m : top["milestones"].elements()) {
    if (m["share"].number() != marked_share) continue;
    const double times[] = {m["input_time"].number(), m["target_time"].number()};
    for (std::size_t i = 0; i < 2; ++i) {
      chart.lines[i].title += fmt::format(": 90 % at time {:.3g}", times[i]);
      chart.marks.push_back({times[i], 100 * marked_share, chart.lines[i].colour});
    }
  }
  draw_chart(chart, out);
}

}  // namespace eigenlens
