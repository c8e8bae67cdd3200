// SPDX-License-Identifier: Apache-2.0
// Alignment curves, the masks at one K, and accuracies on a test set.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "report/html_noise.hpp"
#include "report/html_page.hpp"
#include "report/labels.hpp"

namespace eigenlens {
namespace {

using Json = nlohmann::ordered_json;

constexpr double stored_digits = 1e5;  // of shares: a thousandth of a point
constexpr std::size_t columns = 6;     // of the table over K

/// 1, 4, 16, … and the last K, as far as they are there.
std::vector<std::int64_t> table_k(const std::vector<std::int64_t>& k) {
  std::vector<std::int64_t> few;
  for (const std::size_t i : thinned_indices(k.size(), columns)) few.push_back(k[i]);
  for (std::int64_t& each : few) {
    std::int64_t power = 1;
    while (power * 4 <= each) power *= 4;
    if (each != k.back() && std::binary_search(k.begin(), k.end(), power)) each = power;
  }
  few.erase(std::unique(few.begin(), few.end()), few.end());
  return few;
}

std::string share_cell(const std::vector<std::int64_t>& list, const std::vector<double>& values, std::int64_t k) {
  const auto i = ReportCurves::place(list, k);
  return i && *i < values.size() ? percent(values[*i]) : "–";
}

/// The first K that reaches a share.
std::string smallest_cell(const FileCurve& curve, double share) {
  for (std::size_t i = 0; i < curve.k.size(); ++i)
    if (curve.alignment[i] >= share) return with_thousands(curve.k[i]);
  return "–";
}

HtmlTable alignment_table(const ReportCurves& curves) {
  HtmlTable table{
      "Alignment (%) of every pretext with K features, and the smallest K for 50, 90 and 99 %", {"pretext"}, {}};
  const std::vector<std::int64_t> k = table_k(curves.k);
  for (const std::int64_t each : k) table.header.push_back(fmt::format("K = {}", with_thousands(each)));
  for (const char* share : {"50 %", "90 %", "99 %"}) table.header.push_back(fmt::format("K for {}", share));
  for (const ReportCurve& one : curves.all) {
    std::vector<std::string> row = {escaped(one.label)};
    for (const std::int64_t each : k) row.push_back(share_cell(one.curve.k, one.curve.alignment, each));
    for (const double share : {0.5, 0.9, 0.99}) row.push_back(smallest_cell(one.curve, share));
    table.rows.push_back(std::move(row));
  }
  return table;
}

HtmlTable accuracy_table(const ReportCurves& curves) {
  HtmlTable table{"Test accuracy (%) of a linear classifier on K features", {"pretext"}, {}};
  const std::vector<std::int64_t> k = table_k(curves.k);
  for (const std::int64_t each : k) table.header.push_back(fmt::format("K = {}", with_thousands(each)));
  for (const char* name : {"best", "its 95 % interval", "at K", "enough K"}) table.header.emplace_back(name);
  for (const ReportCurve& one : curves.all) {
    const FileCurve& curve = one.curve;
    if (curve.accuracy.empty()) continue;
    std::vector<std::string> row = {escaped(one.label)};
    for (const std::int64_t each : k) row.push_back(share_cell(curve.k, curve.accuracy, each));
    const auto best = static_cast<std::size_t>(std::max_element(curve.accuracy.begin(), curve.accuracy.end()) -
                                               curve.accuracy.begin());
    row.push_back(percent(curve.accuracy[best]));
    row.push_back(curve.accuracy_low.empty()
                      ? "–"
                      : fmt::format("{} to {}", percent(curve.accuracy_low[best]), percent(curve.accuracy_high[best])));
    row.push_back(with_thousands(curve.k[best]));
    row.push_back(curve.sufficient_k > 0 ? with_thousands(curve.sufficient_k) : "–");
    table.rows.push_back(std::move(row));
  }
  return table;
}

/// Whether there are accuracies on a test set.
bool tested(const ReportCurves& curves) {
  return std::any_of(curves.all.begin(), curves.all.end(),
                     [](const ReportCurve& one) { return !one.curve.accuracy.empty(); });
}

/// Where the slider stands first; the script changes the cells.
HtmlTable table_at_k(const ReportCurves& curves) {
  const std::int64_t k = curves.shown_k;
  HtmlTable table{fmt::format("Every pretext at K = <span class=\"k-now\">{}</span>", k),
                  {"pretext", "alignment (%)", "gain over no noise (points)"},
                  {}};
  if (tested(curves)) table.header.emplace_back("test accuracy (%)");
  for (const ReportCurve& one : curves.all) {
    const auto gain = curves.gain(one, k);
    std::vector<std::string> row = {escaped(one.label), share_cell(one.curve.k, one.curve.alignment, k),
                                    gain ? points(*gain, curves.margin(one, k)) : "–"};
    if (tested(curves)) row.push_back(share_cell(one.curve.k, one.curve.accuracy, k));
    table.rows.push_back(std::move(row));
  }
  return table;
}

Json whole_numbers(const std::vector<std::int64_t>& k) { return packed(std::vector<double>(k.begin(), k.end()), 1); }

/// Lists are packed; lists of K that many curves share are there once.
Json curves_json(const ReportCurves& curves, HtmlPage& page) {
  Json lists = Json::array(), all = Json::array();
  std::map<std::vector<std::int64_t>, std::size_t> known;
  const auto list_number = [&](const std::vector<std::int64_t>& k) {
    const auto [place, isNew] = known.emplace(k, lists.size());
    if (isNew) lists.push_back(whole_numbers(k));
    return place->second;
  };
  for (const ReportCurve& one : curves.all) {
    const FileCurve& curve = one.curve;
    Json json = {{"label", one.label},
                 {"family", page.family_number(family_of(curve.pretext))},
                 {"strength", std::isfinite(strength_of(curve.pretext)) ? strength_of(curve.pretext) : -1e300},
                 {"seesClasses", curve.pretext.kind == PretextKind::joint},
                 {"k", list_number(curve.k)},
                 {"alignment", packed(curve.alignment, stored_digits)}};
    if (const auto hidden = hidden_share(curve.pretext, page.dataset().shape)) json["hidden"] = *hidden;
    if (const auto base = curves.baseline(one)) json["base"] = *base;
    if (!curve.accuracy.empty()) json["accuracy"] = packed(curve.accuracy, stored_digits);
    if (!curve.accuracy_low.empty()) {
      json["low"] = packed(curve.accuracy_low, stored_digits);
      json["high"] = packed(curve.accuracy_high, stored_digits);
    }
    if (one.student > 0) {
      std::vector<double> margins = curve.gain_se;
      for (double& margin : margins) margin *= one.student;
      json["marginK"] = list_number(curve.gain_k);
      json["margin"] = packed(margins, stored_digits);
    }
    all.push_back(std::move(json));
  }
  return {{"scale", stored_digits}, {"lists", lists}, {"shownK", curves.shown_k}, {"all", all}};
}

std::string alignment_text(const ReportCurves& curves) {
  const auto range = [&](std::int64_t k) {
    double low = 1, high = 0;
    for (const ReportCurve& one : curves.all)
      if (const auto value = curves.alignment(one, k)) {
        low = std::min(low, *value);
        high = std::max(high, *value);
      }
    return fmt::format("from {} to {} % at K = {}", percent(low), percent(high), with_thousands(k));
  };
  return fmt::format(
      "{} line{}, K from {} to {} on a log scale: alignment goes {}, {}, and {}. The vertical line is the K that is "
      "chosen below. Wider lines hide more.",
      curves.all.size(), curves.all.size() == 1 ? "" : "s", with_thousands(curves.k.front()),
      with_thousands(curves.k.back()), range(curves.k.front()), range(curves.shown_k), range(curves.k.back()));
}

void add_masks(const ReportCurves& curves, HtmlPage& page) {
  page.begin_section("masks", "How much to hide, with K features");
  page.add(fmt::format(
      "<p>Choose how many features the autoencoder may learn; drawing, heat map and table follow.</p>\n"
      "<div class=\"controls needs-script\" role=\"group\" aria-label=\"What is shown\">\n"
      "<label for=\"k-slider\">Features K</label>\n"
      "<input type=\"range\" id=\"k-slider\" min=\"0\" max=\"1\" step=\"1\" value=\"0\" aria-valuetext=\"K = {0}\">\n"
      "<label for=\"k-number\">or exactly</label>\n"
      "<input type=\"number\" id=\"k-number\" inputmode=\"numeric\" min=\"{1}\" max=\"{2}\" value=\"{0}\">\n"
      "<label for=\"measure\">Show</label>\n"
      "<select id=\"measure\"><option value=\"alignment\">alignment</option>"
      "<option value=\"gain\">gain over no noise</option>{3}</select>\n"
      "</div>\n<p id=\"k-words\" class=\"words needs-script\" role=\"status\"></p>\n",
      curves.shown_k, curves.k.front(), curves.k.back(),
      tested(curves) ? "<option value=\"accuracy\">test accuracy</option>" : ""));
  page.add("<div id=\"masks-drawn\">\n");
  page.add(chart_frame("chart-masks", "Against the share that is hidden",
                       "A line a family of masks, at the chosen K; the dashed horizontal line is no noise. "
                       "Vertical bars are 95 % intervals, where the results have them.",
                       {}));
  page.add(
      "<h3 id=\"heat-title\" class=\"needs-script\">Patch × ratio</h3>\n"
      "<div class=\"wide needs-script\"><div class=\"scroll\" role=\"region\" tabindex=\"0\" "
      "aria-labelledby=\"heat-title\">\n"
      "<table id=\"heat\"><caption></caption><thead></thead><tbody></tbody></table></div></div>\n"
      "<p class=\"note needs-script\">A row a family, a column a share hidden: the number is in every cell, the colour "
      "repeats it, and ★ is the best.</p>\n</div>\n");
  page.add(table_html(table_at_k(curves), "table-at-k"));
}

}  // namespace

void add_curves(const ReportCurves& curves, HtmlPage& page) {
  if (curves.all.empty()) return;
  page.set_data("curves", curves_json(curves, page));
  page.begin_section("curves", "Alignment with the classes");
  page.add(
      "<p>Alignment: of what a linear classifier reads from the whole input, the share that it still finds in the K "
      "features that the pretext learns first. 0 % is useless for telling the classes apart, 100 % loses "
      "nothing.</p>\n<fieldset id=\"pick\" class=\"needs-script\"><legend>Shown families</legend></fieldset>\n");
  page.add(chart_frame("chart-alignment", "Alignment against K", alignment_text(curves), alignment_table(curves)));
  page.add(
      "<div id=\"gains\" class=\"needs-script\">\n<h3>Gain over no noise</h3>\n<div id=\"gain-panels\" "
      "class=\"panels\"></div>\n<p class=\"note\">Alignment of every pretext minus that of no noise on the same "
      "samples, in "
      "points: above zero the noise helps a linear classifier, below it costs. Shaded: 95 % intervals, where the "
      "results "
      "have them and few lines are shown. The numbers are in the table at a chosen K, below.</p>\n</div>\n");
  add_masks(curves, page);
  if (!tested(curves)) return;
  page.begin_section("accuracy", "Accuracy on the test set");
  for (const CurvesFile& file : curves.files)
    if (file.test_count > 0)
      page.add(
          fmt::format("<p>A linear classifier on the K features, trained on the training samples, read on {} of "
                      "{}.</p>\n",
                      file.test_count == 1 ? "one sample" : with_thousands(file.test_count) + " samples",
                      escaped(file.test.empty() ? "the test set" : file.test)));
  page.add(chart_frame("chart-accuracy", "Test accuracy against K",
                       "Share of the test samples whose class is put first, in percent, K on a log scale. Shaded: 95 % "
                       "intervals, where few lines are shown; the table has them for the best K.",
                       accuracy_table(curves)));
}

}  // namespace eigenlens
