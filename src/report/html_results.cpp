// SPDX-License-Identifier: Apache-2.0
// Reads the results of a page, and sees to it that they are of one data set.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "eigenlens/error.hpp"
#include "report/html_page.hpp"
#include "report/labels.hpp"

namespace eigenlens {
namespace {

constexpr std::array<std::string_view, 7> kinds = {"curves",   "advice", "impact",  "frontier",
                                                   "learning", "bands",  "encoders"};

constexpr double most_classes = 1e9;

/// "curves" of eigenlens.curves/1.
std::string kind_of(const Place& top) {
  if (!top.has("format")) top.refuse("a result of eigenlens, with format eigenlens.curves/1 or another");
  const std::string format = top["format"].text();
  for (const std::string_view kind : kinds)
    if (format == fmt::format("eigenlens.{}/1", kind)) return std::string(kind);
  top["format"].refuse(fmt::format("eigenlens.curves/1 or another format of docs/formats.md, not {}", format));
}

ReportDataset read_dataset(const Place& place) {
  ReportDataset dataset;
  dataset.name = place["name"].text();
  dataset.count = place["n"].positive();
  const std::vector<Place> shape = place["shape"].elements();
  if (shape.size() != 3) place["shape"].refuse("channels, height and width");
  dataset.shape = {shape[0].positive(), shape[1].positive(), shape[2].positive()};
  const double classes = place["classes"].number();
  if (!(classes >= 0 && classes <= most_classes)) place["classes"].refuse("a whole number of classes");
  dataset.classes = static_cast<std::int64_t>(classes);
  dataset.rank = place["rank"].positive();
  return dataset;
}

std::string in_words(const ReportDataset& dataset) {
  return fmt::format("{} ({} samples of {}x{}x{}, {} classes)", dataset.name, with_thousands(dataset.count),
                     dataset.shape.channels, dataset.shape.height, dataset.shape.width, dataset.classes);
}

bool one_set(const ReportDataset& a, const ReportDataset& b) {
  return a.name == b.name && a.count == b.count && a.shape == b.shape &&
         (a.classes == b.classes || a.classes < 2 || b.classes < 2);
}

}  // namespace

std::string title_of(const char* title, const ReportResult& result, const std::vector<ReportResult>& results) {
  const auto same = [&result](const ReportResult& other) { return other.kind == result.kind; };
  return std::count_if(results.begin(), results.end(), same) > 1 ? fmt::format("{} ({})", title, result.path) : title;
}

std::vector<ReportResult> read_results(const std::vector<std::string>& paths) {
  if (paths.empty()) throw Error(ErrorCode::usage, "a report needs a result: the JSON file of any command");
  std::vector<ReportResult> results;
  for (const std::string& path : paths) {
    ReportResult result{path, {}, parse_result(path)};
    result.kind = kind_of(result.top());
    results.push_back(std::move(result));
  }
  return results;
}

ReportDataset common_dataset(const std::vector<ReportResult>& results) {
  ReportDataset common = read_dataset(results.front().top()["dataset"]);
  const std::string* first = &results.front().path;
  for (const ReportResult& result : results) {
    const ReportDataset own = read_dataset(result.top()["dataset"]);
    if (!one_set(common, own))
      throw Error(ErrorCode::usage, fmt::format("{} is of {}, {} of {}: a report is about one data set", *first,
                                                in_words(common), result.path, in_words(own)));
    if (own.classes > common.classes) {
      common = own;
      first = &result.path;
    }
  }
  return common;
}

}  // namespace eigenlens
