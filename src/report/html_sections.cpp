// SPDX-License-Identifier: Apache-2.0
// Advice, learning time, bands, encoders and provenance of a page.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "report/html_noise.hpp"
#include "report/html_page.hpp"
#include "report/labels.hpp"

namespace eigenlens {
namespace {

std::string number(double value) {
  return std::abs(value) >= 1000 && std::abs(value) < 1e15 ? with_thousands(std::llround(value))
                                                           : fmt::format("{:.3g}", value);
}

/// A list of as many numbers as another has entries.
std::vector<double> list_of(const Place& place, std::size_t count) {
  std::vector<double> values = place.numbers();
  if (values.size() != count) place.refuse(fmt::format("{} values, not {}", count, values.size()));
  return values;
}

std::vector<double> percents(std::vector<double> values) {
  for (double& value : values) value *= 100;
  return values;
}

void advice_rows(const Place& top, HtmlPage& page) {
  const bool labels = top["basis"].text() == "labels";
  const std::vector<double> shown = top["shown_k"].numbers();
  const double student = top.has("jackknife") ? top["jackknife"]["student"].number() : 0;
  const std::vector<Place> ranked = top["ranked"].elements();
  const bool impacts = std::any_of(ranked.begin(), ranked.end(), [](const Place& row) { return row.has("max_sin"); });
  HtmlTable table{
      labels ? "Noises, best first: gain over no noise (points)" : "Noises, largest impact first", {"noise"}, {}};
  if (labels && student > 0) table.caption += "; ± is half of a 95 % interval";
  for (const double k : shown)
    if (labels) table.header.push_back(fmt::format("K = {}", k));
  if (labels) table.header.insert(table.header.end(), {"K for 90 %", "K for 99 %"});
  if (impacts) table.header.emplace_back("largest change for any task");
  for (const Place& row : ranked) {
    const Pretext pretext = read_pretext(row["pretext"]);
    std::vector<std::string> cells = {escaped(labels_of({pretext}).front())};
    if (labels) {
      const std::vector<double> gain = list_of(row["gain"], shown.size());
      const std::vector<double> error =
          row.has("gain_se") ? list_of(row["gain_se"], shown.size()) : std::vector<double>(shown.size());
      for (std::size_t i = 0; i < shown.size(); ++i)
        cells.push_back(pretext.kind == PretextKind::reconstruct ? "–" : points(gain[i], student * error[i]));
      for (const char* name : {"k90", "k99"}) cells.push_back(number(row[name].number()));
    }
    if (impacts) cells.push_back(row.has("max_sin") ? percent(row["max_sin"].number()) : "–");
    table.rows.push_back(std::move(cells));
  }
  page.add(table_html(table));
}

std::string numbers_sentence(const Place& milestone) {
  return fmt::format(
      "{:.0f} % of the inputs' energy is learned at {} and {:.0f} % of what tells the classes apart at {}, "
      "{} times {}",
      100 * milestone["share"].number(), number(milestone["input_time"].number()), 100 * milestone["share"].number(),
      number(milestone["target_time"].number()),
      number(std::max(milestone["time_ratio"].number(), 1 / milestone["time_ratio"].number())),
      milestone["time_ratio"].number() >= 1 ? "later" : "earlier");
}

void add_one_learning(const ReportResult& result, const std::string& title, HtmlPage& page) {
  const Place top = result.top();
  const std::string id = page.begin_section("learning", title);
  const std::vector<double> time = top["time"].numbers();
  const std::vector<double> input = percents(list_of(top["input"], time.size()));
  const std::vector<double> target = percents(list_of(top["target"], time.size()));
  HtmlTable milestones{"When a share is learned; times in units of the first direction's",
                       {"share", "inputs at", "classes at", "ratio", "directions for the inputs", "for the classes"},
                       {}};
  for (const Place& m : top["milestones"].elements()) {
    milestones.rows.push_back({fmt::format("{:.0f} %", 100 * m["share"].number())});
    for (const char* name : {"input_time", "target_time", "time_ratio", "input_k", "target_k"})
      milestones.rows.back().push_back(number(m[name].number()));
  }
  const std::string words = numbers_sentence(top["milestones"].elements().front());
  page.say(
      "Learning time",
      fmt::format("While a linear autoencoder is trained, {} (in units of the time of the first direction).", words));
  HtmlChart chart{.id = "chart-" + id,
                  .title = "What is learned over time",
                  .description =
                      "Two lines over training time on a log scale: the share learned of the inputs and of what "
                      "tells the classes apart. In units of the time at which the first direction is half "
                      "learned, " +
                      words + ".",
                  .x_label = "training time (1: the first direction is half learned)",
                  .y_label = "learned (%)",
                  .x_axis = Axis::logarithmic,
                  .y_axis = Axis::linear,
                  .lines = {{"inputs", "inputs", 1, time, input}, {"classes", "classes", 1, time, target}}};
  HtmlTable table{"Share learned (%) over time", {"time", "of the inputs", "of the classes"}, {}};
  for (std::size_t i = 0; i < time.size(); i += std::max<std::size_t>(1, time.size() / 24))
    table.rows.push_back({number(time[i]), fmt::format("{:.2f}", input[i]), fmt::format("{:.2f}", target[i])});
  page.add_chart(chart, table);
  page.add(table_html(milestones));
}

/// What a band is tested by: accuracy, or alignment without a test set.
struct BandMeasure {
  const char* field;
  const char* words;
};

void say_halves(const std::vector<Place>& table, const BandMeasure& measure, HtmlPage& page) {
  std::string top, bottom;
  for (const Place& band : table) {
    if (std::abs(band["share"].number() - 0.5) > 1e-9) continue;
    (band["end"].text() == "top" ? top : bottom) = percent(band[measure.field].number());
  }
  if (!top.empty() && !bottom.empty())
    page.say("Variance",
             fmt::format("Half of the variance gives {} % {} if it is the top half, {} % if it is the bottom half.",
                         top, measure.words, bottom));
}

void add_one_bands(const ReportResult& result, const std::string& title, HtmlPage& page) {
  const Place top = result.top();
  const std::string id = page.begin_section("bands", title);
  const BandMeasure measure =
      top.has("test") ? BandMeasure{"accuracy", "test accuracy"} : BandMeasure{"alignment", "alignment"};
  const std::vector<Place> bands = top["table"].elements();
  HtmlChart chart{.id = "chart-" + id,
                  .title = fmt::format("{} of the top and of the bottom of the variance",
                                       top.has("test") ? "Test accuracy" : "Alignment"),
                  .description = fmt::format("{} of a linear classifier that sees only a share of the variance: of the "
                                             "directions of largest variance, and of those of smallest.",
                                             top.has("test") ? "Test accuracy" : "Alignment"),
                  .x_label = "share of the variance (%)",
                  .y_label = fmt::format("{} (%)", measure.words),
                  .lines = {{"top", "directions of largest variance", 1, {}, {}},
                            {"bottom", "directions of smallest variance", 1, {}, {}}}};
  HtmlTable table{"Bands of the variance", {"band", "directions", "variance (%)", "alignment (%)"}, {}};
  if (top.has("test")) table.header.emplace_back("accuracy (%)");
  for (const Place& band : bands) {
    const bool is_top = band["end"].text() == "top";
    HtmlLine& line = chart.lines[is_top ? 0 : 1];
    line.x.push_back(100 * band["share"].number());
    line.y.push_back(100 * band[measure.field].number());
    table.rows.push_back({escaped(fmt::format("{} {:.0f} %", is_top ? "top" : "bottom", 100 * band["share"].number())),
                          number(band["directions"].number()), percent(band["variance"].number()),
                          percent(band["alignment"].number())});
    if (top.has("test")) table.rows.back().push_back(percent(band["accuracy"].number()));
  }
  say_halves(bands, measure, page);
  page.add_chart(chart, table);
  std::string rows = "originals";
  if (result.document.contains("bands") && !result.document["bands"].empty())
    for (const Place& band : top["bands"].elements())
      rows += fmt::format(", the {} {:.3g} % of the variance", band["end"].text(), 100 * band["share"].number());
  page.add(sheet_html(result, "Samples of each class, from the top row: " + rows + "."));
}

void add_one_encoders(const ReportResult& result, const std::string& title, HtmlPage& page) {
  const Place top = result.top();
  const std::string id = page.begin_section("encoders", title);
  HtmlChart chart{.id = "chart-" + id,
                  .title = "Spectrum of what is learned",
                  .description =
                      "Eigenvalue of every feature, both axes on log scales: how much of the objective each "
                      "feature takes, a line a pretext.",
                  .x_label = "K",
                  .y_label = "eigenvalue",
                  .x_axis = Axis::logarithmic,
                  .y_axis = Axis::logarithmic,
                  .families = LineFamilies::noises,
                  .lines = {}};
  HtmlTable table{"Every encoder, and how well its basis was solved",
                  {"pretext", "features", "first eigenvalue", "last eigenvalue"},
                  {}};
  constexpr std::pair<const char*, const char*> shares[] = {{"alignment", "alignment (%)"},
                                                            {"reconstruction_refit", "error of reconstruction (%)"}};
  const std::vector<Place> encoders = top["encoders"].elements();
  for (const auto& [field, words] : shares)
    if (encoders.front().has(field)) table.header.emplace_back(words);
  table.header.insert(table.header.end(), {"residual", "orthogonality"});
  std::string rows;
  for (const Place& encoder : encoders) {
    const Pretext pretext = read_pretext(encoder["pretext"]);
    const std::string label = labels_of({pretext}).front();
    const std::vector<double> values = encoder["eigenvalues"].numbers();
    HtmlLine line{label, family_of(pretext), strength_of(pretext), {}, {}};
    for (const std::size_t i : thinned_indices(values.size(), 120)) {
      if (!(values[i] > 0)) continue;
      line.x.push_back(static_cast<double>(i + 1));
      line.y.push_back(values[i]);
    }
    chart.lines.push_back(std::move(line));
    std::vector<std::string> row = {escaped(label), std::to_string(values.size()), number(values.front()),
                                    number(values.back())};
    for (const auto& [field, words] : shares)
      if (encoders.front().has(field)) row.push_back(percent(encoder[field].number()));
    for (const char* name : {"residual", "orthogonality"}) row.push_back(number(encoder["checks"][name].number()));
    table.rows.push_back(std::move(row));
    rows += fmt::format("{}{}", rows.empty() ? "" : "; ", label);
  }
  page.add_chart(chart, table);
  page.add(sheet_html(result,
                      "What a feature adds to an image, grey for nothing: for each pretext a row of the first "
                      "and a row of the last directions. From the top: " +
                          rows + "."));
}

}  // namespace

std::vector<AdvisedNoise> read_advised(const std::vector<ReportResult>& results) {
  std::map<std::int64_t, AdvisedNoise> best;
  const auto offer = [&best](AdvisedNoise noise) {
    const auto [known, is_new] = best.emplace(noise.k, noise);
    if (!is_new && noise.gain > known->second.gain) known->second = std::move(noise);
  };
  for (const ReportResult& result : results) {
    if (result.kind != "advice" || result.top()["basis"].text() != "labels") continue;
    const Place top = result.top();
    const double student = top.has("jackknife") ? top["jackknife"]["student"].number() : 0;
    const std::vector<Place> shown = top["shown_k"].elements();
    for (const Place& row : top["ranked"].elements()) {
      const std::string label = labels_of({read_pretext(row["pretext"])}).front();
      const std::vector<double> gain = list_of(row["gain"], shown.size());
      const std::vector<double> error =
          row.has("gain_se") ? list_of(row["gain_se"], shown.size()) : std::vector<double>(shown.size());
      for (std::size_t i = 0; i < shown.size(); ++i) offer({shown[i].positive(), label, gain[i], student * error[i]});
    }
    if (!result.document.contains("elsewhere") || result.document["elsewhere"].empty()) continue;
    for (const Place& row : top["elsewhere"].elements())
      offer({row["k"].positive(), labels_of({read_pretext(row["pretext"])}).front(), row["gain"].number(),
             row.has("gain_se") ? student * row["gain_se"].number() : 0});
  }
  std::vector<AdvisedNoise> ascending;
  for (auto& [k, noise] : best) ascending.push_back(std::move(noise));
  return ascending;
}

void add_advice(const std::vector<ReportResult>& results, HtmlPage& page) {
  for (const ReportResult& result : results) {
    if (result.kind != "advice") continue;
    const Place top = result.top();
    page.say("Advice", escaped(top["verdict"].text()));
    page.begin_section("advice", title_of("Which noise to train with", result, results));
    page.add(fmt::format("<p>{}</p>\n", escaped(top["caveat"].text())));
    if (result.document.contains("notes") && !result.document["notes"].empty())
      for (const Place& note : top["notes"].elements())
        page.add(fmt::format("<p class=\"note\">{}</p>\n", escaped(note.text())));
    advice_rows(top, page);
  }
}

void add_learning(const std::vector<ReportResult>& results, HtmlPage& page) {
  for (const ReportResult& result : results)
    if (result.kind == "learning")
      add_one_learning(result, title_of("What training learns first", result, results), page);
}

void add_bands(const std::vector<ReportResult>& results, HtmlPage& page) {
  for (const ReportResult& result : results)
    if (result.kind == "bands")
      add_one_bands(result, title_of("The top and the bottom of the variance", result, results), page);
}

void add_encoders(const std::vector<ReportResult>& results, HtmlPage& page) {
  for (const ReportResult& result : results)
    if (result.kind == "encoders")
      add_one_encoders(result, title_of("The directions that are learned", result, results), page);
}

void add_provenance(const std::vector<ReportResult>& results, HtmlPage& page) {
  page.begin_section("provenance", "Where the numbers come from");
  page.add("<p>Every result as its file has it: what computed it, and how long each step took.</p>\n");
  for (const ReportResult& result : results) {
    HtmlTable table{escaped(result.path), {"key", "value"}, {{"format", escaped(result.top()["format"].text())}}};
    const auto add_all = [&](const char* field) {
      if (!result.document.contains(field) || !result.document[field].is_object()) return;
      for (const auto& [key, value] : result.document[field].items())
        table.rows.push_back({escaped(key), escaped(value.is_string() ? value.get<std::string>() : value.dump())});
    };
    add_all("dataset");
    add_all("provenance");
    if (result.document.contains("timings") && !result.document["timings"].empty())
      for (const Place& timing : result.top()["timings"].elements())
        table.rows.push_back({escaped(timing["stage"].text()), fmt::format("{:.3f} s", timing["seconds"].number())});
    page.add(folded_table_html(table, fmt::format("{}: {}", escaped(result.path), result.kind)));
  }
}

}  // namespace eigenlens
