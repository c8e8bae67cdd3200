// SPDX-License-Identifier: Apache-2.0
#include "report/html_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "report/html_noise.hpp"

namespace eigenlens {
namespace {

using Json = nlohmann::ordered_json;

constexpr double digits = 1e5;  // numbers of drawings: five significant ones

Json rounded(const std::vector<double>& values) {
  Json list = Json::array();
  for (const double value : values) {
    const double unit = value == 0 ? 1 : std::pow(10, std::floor(std::log10(std::abs(value)))) / digits;
    list.push_back(std::strtod(fmt::format("{:.6g}", std::round(value / unit) * unit).c_str(), nullptr));
  }
  return list;
}

}  // namespace

std::string HtmlPage::begin_section(const std::string& name, const std::string& title) {
  const auto same = [&name](const Section& section) {
    return section.id == name || section.id.starts_with(name + "-");
  };
  const auto before = std::count_if(sections_.begin(), sections_.end(), same);
  sections_.push_back({before == 0 ? name : fmt::format("{}-{}", name, before + 1), title, {}});
  return sections_.back().id;
}

std::size_t HtmlPage::family_number(const std::string& family) {
  if (families_.empty()) families_.emplace_back(no_noise_family);
  const auto found = std::find(families_.begin(), families_.end(), family);
  const auto number = static_cast<std::size_t>(found - families_.begin());
  if (found == families_.end()) families_.push_back(family);
  return number;
}

std::string chart_frame(const std::string& id, const std::string& title, const std::string& description,
                        const HtmlTable& table) {
  return fmt::format(
      "<figure class=\"chart\">\n<h3 id=\"{0}-title\">{1}</h3>\n"
      "<div class=\"canvas needs-script\"><canvas id=\"{0}\" role=\"img\" aria-labelledby=\"{0}-title\" "
      "aria-describedby=\"{0}-text\"></canvas></div>\n<figcaption id=\"{0}-text\">{2}</figcaption>\n</figure>\n{3}",
      id, escaped(title), escaped(description), table.rows.empty() ? "" : folded_table_html(table, "As a table"));
}

void HtmlPage::add_chart(const HtmlChart& chart, const HtmlTable& table) {
  std::map<std::string, std::vector<double>> strengths;
  for (const HtmlLine& line : chart.lines) strengths[line.family].push_back(line.strength);
  Json lines = Json::array(), families = Json::array();
  std::map<std::string, std::size_t> numbers;
  for (const HtmlLine& line : chart.lines) {
    const auto [number, is_new] = numbers.emplace(line.family, numbers.size() + 1);  // 0 looks like no noise
    if (chart.families == LineFamilies::noises) number->second = family_number(line.family);
    if (is_new) families.push_back({number->second, line.family});
    const std::vector<double>& family = strengths[line.family];
    const auto weaker =
        std::count_if(family.begin(), family.end(), [&](double other) { return other < line.strength; });
    lines.push_back(
        {{"label", line.label},
         {"family", number->second},
         {"strength", family.size() < 2 ? 1.0 : static_cast<double>(weaker) / static_cast<double>(family.size() - 1)},
         {"x", rounded(line.x)},
         {"y", rounded(line.y)}});
  }
  charts_.push_back({{"id", chart.id},
                     {"xLabel", chart.x_label},
                     {"yLabel", chart.y_label},
                     {"xLog", chart.x_axis == Axis::logarithmic},
                     {"yLog", chart.y_axis == Axis::logarithmic},
                     {"families", families},
                     {"lines", lines}});
  add(chart_frame(chart.id, chart.title, chart.description, table));
}

std::string HtmlPage::navigation_html() const {
  std::string html;
  for (const Section& section : sections_)
    html += fmt::format("<li><a href=\"#{}\">{}</a></li>\n", section.id, escaped(section.title));
  return html;
}

std::string HtmlPage::sections_html() const {
  std::string html;
  for (const Section& section : sections_)
    html += fmt::format(
        "<section id=\"{0}\" aria-labelledby=\"{0}-heading\">\n<h2 id=\"{0}-heading\">{1}</h2>\n{2}</section>\n\n",
        section.id, escaped(section.title), section.html);
  return html;
}

Json HtmlPage::data() const {
  Json data = data_;
  data["families"] = families_;
  data["charts"] = charts_;
  return data;
}

}  // namespace eigenlens
