// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "eigenlens/bands.hpp"
#include "eigenlens/error.hpp"
#include "report/gnuplot.hpp"
#include "report/labels.hpp"
#include "report/line_chart.hpp"
#include "report/result_place.hpp"

namespace eigenlens {
namespace {

constexpr const char* top_colour = "#0072b2";
constexpr const char* bottom_colour = "#d55e00";

/// A list of shares as percents, of the length of the others.
std::vector<double> percents(const Place& place, std::size_t count) {
  std::vector<double> values = place.numbers();
  if (values.size() != count) place.refuse(fmt::format("{} values, one for each k", count));
  for (double& value : values) value *= 100;
  return values;
}

std::vector<double> complement(std::vector<double> percent) {
  for (double& value : percent) value = 100 - value;
  return percent;
}

}  // namespace

void plot_bands(const std::string& bands_json, const std::string& out) {
  (void)picture_ending(out);  // refuses other names before the result is read
  const nlohmann::json document = parse_result(bands_json);
  const Place place(document, bands_json, "the file");
  const std::size_t count = place["k"].elements().size();
  const std::vector<double> variance = percents(place["variance"], count), left = complement(variance);
  const bool tested = place.has("test");

  LineChart chart;
  chart.title = fmt::format("{}: N = {} samples, D = {} inputs, {} classes", place["dataset"]["name"].text(),
                            with_thousands(place["dataset"]["n"].positive()),
                            with_thousands(place["dataset"]["d"].positive()), place["dataset"]["classes"].positive());
  chart.subtitle = tested ? fmt::format("linear classifier on a part of the variance, {} test samples",
                                        with_thousands(place["test"]["n"].positive()))
                          : "what a linear classifier finds in a part of the variance";
  chart.x_label = "share of the variance that is kept (%)";
  chart.y_label = tested ? "accuracy (%)" : "alignment (%)";
  chart.x_high = 100;
  chart.y_high = 102;
  std::vector<double> top = percents(place[tested ? "accuracy_top" : "alignment"], count);
  std::vector<double> bottom = tested ? percents(place["accuracy_bottom"], count) : complement(top);
  if (tested) {
    chart.y_high = std::min(102.0, 1.05 * std::max(*std::max_element(top.begin(), top.end()),
                                                   *std::max_element(bottom.begin(), bottom.end())));
  }
  chart.lines = {{"top: the directions of largest variance", top_colour, variance, std::move(top)},
                 {"bottom: the directions of smallest variance", bottom_colour, left, std::move(bottom)}};
  draw_chart(chart, out);
}

}  // namespace eigenlens
