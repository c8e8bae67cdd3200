// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "eigenlens/bands.hpp"
#include "report/format_names.hpp"
#include "report/result_document.hpp"
#include "report/selection.hpp"

namespace eigenlens {
namespace {

using Json = ResultDocument::Json;

Json cut_json(const BandCut& cut, const BandsResult& result) {
  const bool top = cut.band.end == BandEnd::top;
  const auto k = static_cast<std::size_t>(cut.leading);
  const double leading = result.curves.alignment[k], alignment = top ? leading : 1 - leading;
  Json json = {
      {"band", cut.band.name()},
      {"end", top ? "top" : "bottom"},
      {"share", finite(cut.band.share, "share")},
      {"leading", cut.leading},
      {"directions", top ? cut.leading : result.rank - cut.leading},
      {"variance", finite(cut.variance, "variance")},
      {"relative_gap", finite(cut.relative_gap, "relative_gap")},
      {"alignment", finite(alignment, "alignment")},
      {"training_error", finite(BandCurves::training_error(result.target_energy, alignment), "training_error")}};
  if (!result.curves.accuracy_top.empty())
    json["accuracy"] = (top ? result.curves.accuracy_top : result.curves.accuracy_bottom)[k];
  return json;
}

void fill(ResultDocument& document, const BandsResult& result) {
  const BandCurves& curves = result.curves;
  if (!curves.test.empty()) document.add("test", {{"name", curves.test}, {"n", curves.test_count}});
  if (!result.sheet.empty()) document.add("sheet", result.sheet);
  document.begin_list("bands");
  for (const WrittenBand& written : result.written) {
    Json json = cut_json(written.cut, result);
    if (!written.folder.empty()) {
      json["folder"] = written.folder;
      json["values"] = written.values;
      json["clipped"] = written.clipped;
    }
    document.add_entry(json);
  }
  document.end_list();
  document.begin_list("table");
  for (const BandCut& cut : result.table) document.add_entry(cut_json(cut, result));
  document.end_list();
  Json k = Json::array();
  for (std::size_t i = 0; i < curves.variance.size(); ++i) k.push_back(i);
  document.add("k", k);
  document.add("variance", finite_list(curves.variance, "variance"));
  document.add("alignment", finite_list(curves.alignment, "alignment"));
  if (!curves.test.empty()) {
    document.add("accuracy_top", finite_list(curves.accuracy_top, "accuracy_top"));
    document.add("accuracy_bottom", finite_list(curves.accuracy_bottom, "accuracy_bottom"));
  }
  document.commit();
}

}  // namespace

void write_json(const BandsResult& result, const std::string& path, const ReportOptions& options) {
  ResultDocument document(path, formats::bands, result, options);
  fill(document, result);
}

std::string to_json(const BandsResult& result, const ReportOptions& options) {
  std::string text;
  ResultDocument document(&text, formats::bands, result, options);
  fill(document, result);
  return text;
}

}  // namespace eigenlens
