// SPDX-License-Identifier: Apache-2.0
/// \file
/// The parts of an HTML report, as the results add them (docs/report.md).
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eigenlens/dataset.hpp"
#include "report/curves_file.hpp"
#include "report/html_text.hpp"
#include "report/line_chart.hpp"
#include "report/result_place.hpp"

namespace eigenlens {

/// One result file.
struct ReportResult {
  std::string path;
  std::string kind;  ///< "curves" of eigenlens.curves/1
  nlohmann::json document;

  [[nodiscard]] Place top() const { return {document, path, "the file"}; }
};

/// A section's title, with the file where there are several results of the kind.
std::string title_of(const char* title, const ReportResult& result, const std::vector<ReportResult>& results);

/// What all results must agree on, and what else they say of the data.
struct ReportDataset {
  std::string name;
  std::int64_t count = 0;
  ImageShape shape;
  std::int64_t classes = 0;  ///< at most 1 where labels were not read
  std::int64_t rank = 0;
};

/// Reads them all. Error(usage): none, or two data sets; Error(data): a file that is no result of a known version;
/// Error(io).
std::vector<ReportResult> read_results(const std::vector<std::string>& paths);
/// Error(usage), with a sentence, if two results are of different data sets. A set that was read without labels by one
/// of them is the same set.
ReportDataset common_dataset(const std::vector<ReportResult>& results);

struct HtmlLine {
  std::string label;
  std::string family;     ///< lines of one family share colour and dashes
  double strength = 0;    ///< orders the lines of a family
  std::vector<double> x;  ///< ascending
  std::vector<double> y;
};

/// Whether families of lines are noises, which look the same in all drawings, or a drawing's own.
enum class LineFamilies { noises, own };

/// A drawing of lines, with a text and a table for who cannot see it.
struct HtmlChart {
  std::string id;
  std::string title;
  std::string description;  ///< plain text: what is to be seen
  std::string x_label;
  std::string y_label;
  Axis x_axis = Axis::linear;
  Axis y_axis = Axis::linear;
  LineFamilies families = LineFamilies::own;
  std::vector<HtmlLine> lines;
};

class HtmlPage {
 public:
  explicit HtmlPage(ReportDataset dataset) : dataset_(std::move(dataset)) {}
  [[nodiscard]] const ReportDataset& dataset() const { return dataset_; }

  /// A sentence of the summary, HTML, and what it is about.
  void say(std::string_view topic, const std::string& sentence) {
    summary_ += fmt::format("<li><strong>{}.</strong> {}</li>\n", topic, sentence);
  }
  /// Begins a section; `title` is plain text. Returns its id, which is unique.
  std::string begin_section(const std::string& name, const std::string& title);
  void add(std::string_view html) { sections_.back().html += html; }
  /// The drawing, and its numbers for the script.
  void add_chart(const HtmlChart& chart, const HtmlTable& table);
  /// Of the colours and dashes of a family.
  std::size_t family_number(const std::string& family);
  /// What the script draws beside charts.
  void set_data(const char* key, nlohmann::ordered_json value) { data_[key] = std::move(value); }

  [[nodiscard]] std::string summary_html() const { return "<ul>\n" + summary_ + "</ul>\n"; }
  [[nodiscard]] std::string navigation_html() const;
  [[nodiscard]] std::string sections_html() const;
  /// With the families and the charts.
  [[nodiscard]] nlohmann::ordered_json data() const;

 private:
  struct Section {
    std::string id;
    std::string title;
    std::string html;
  };
  ReportDataset dataset_;
  std::string summary_;
  std::vector<Section> sections_;
  std::vector<std::string> families_;
  nlohmann::ordered_json charts_ = nlohmann::ordered_json::array();
  nlohmann::ordered_json data_ = nlohmann::ordered_json::object();
};

/// The frame of a drawing: canvas, caption, and the table behind a line that opens it. Texts are plain.
std::string chart_frame(const std::string& id, const std::string& title, const std::string& description,
                        const HtmlTable& table);

/// A curve of any of the results. One that several files have is there once, with what any of them knows of it.
struct ReportCurve {
  FileCurve curve;
  std::string label;
  std::size_t file = 0;
  double student = 0;           ///< standard errors in half a 95 % interval; 0: it has none
  std::int64_t test_count = 0;  ///< samples of its test set; 0: none
};
struct ReportCurves {
  std::vector<CurvesFile> files;  ///< without their curves
  std::vector<ReportCurve> all;
  std::vector<std::int64_t> k;  ///< of any of them, ascending
  std::int64_t shown_k = 1;     ///< of the tables and where the slider begins

  /// Its index in the list of a curve's K, if it has it.
  static std::optional<std::size_t> place(const std::vector<std::int64_t>& list, std::int64_t latent);
  /// The curve without noise that this one's gain is over: of its own file, else of any; its place in `all`.
  [[nodiscard]] std::optional<std::size_t> baseline(const ReportCurve& curve) const;
  [[nodiscard]] std::optional<double> alignment(const ReportCurve& curve, std::int64_t latent) const;
  [[nodiscard]] std::optional<double> gain(const ReportCurve& curve, std::int64_t latent) const;
  /// Half of the 95 % interval of its gain; 0 where there is none.
  [[nodiscard]] double margin(const ReportCurve& curve, std::int64_t latent) const;
};
ReportCurves read_report_curves(const std::vector<ReportResult>& results);

/// The best noise of an advice at one K.
struct AdvisedNoise {
  std::int64_t k = 0;
  std::string label;
  double gain = 0;    ///< over no noise, a share
  double margin = 0;  ///< half of its 95 % interval; 0: it has none
};
/// Of all advice with labels, the best at each K that it shows, ascending in K.
std::vector<AdvisedNoise> read_advised(const std::vector<ReportResult>& results);

/// What the page begins with: the data; what curves say beside advice, and how sure that is.
void say_dataset(const ReportResult& result, HtmlPage& page);
void say_curves(const ReportCurves& curves, const std::vector<AdvisedNoise>& advised, HtmlPage& page);

/// The sections, in the order of the page; each adds what it has to say to the summary. Nothing without such a result.
void add_advice(const std::vector<ReportResult>& results, HtmlPage& page);
void add_curves(const ReportCurves& curves, HtmlPage& page);
void add_frontier(const std::vector<ReportResult>& results, HtmlPage& page);
void add_impact(const std::vector<ReportResult>& results, HtmlPage& page);
void add_learning(const std::vector<ReportResult>& results, HtmlPage& page);
void add_bands(const std::vector<ReportResult>& results, HtmlPage& page);
void add_encoders(const std::vector<ReportResult>& results, HtmlPage& page);
void add_provenance(const std::vector<ReportResult>& results, HtmlPage& page);

/// A PNG file as part of the page: `caption` is also its text for those who cannot see it. Error(data) if it is no PNG,
/// or damaged.
std::string picture_html(const std::string& path, const std::string& caption);
/// The contact sheet that a result names in `sheet`: as named, or beside the result. A sheet that is gone is said to
/// be. Empty if none is named.
std::string sheet_html(const ReportResult& result, const std::string& caption);

}  // namespace eigenlens
