// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "eigenlens/impact.hpp"
#include "report/format_names.hpp"
#include "report/result_document.hpp"
#include "report/selection.hpp"

namespace eigenlens {
namespace {

using Json = ResultDocument::Json;

Json impact_json(const ImpactResult& result, const NoiseImpact& impact) {
  Json json = {{"pretext", pretext_json(impact.pretext)},
               {"structure", impact.structure},
               {"coupling", finite_list(impact.coupling, "coupling")}};
  std::vector<std::size_t> undetermined;
  for (std::size_t k = 1; k <= impact.dimensions(); ++k)
    if (!result.determined(impact, static_cast<std::int64_t>(k))) undetermined.push_back(k);
  json["undetermined"] = undetermined;
  if (result.depth == ImpactDepth::couplings) return json;
  json["max_sin"] = finite_list(impact.max_sin, "max_sin");
  json["sum_sin2"] = finite_list(impact.sum_sin2, "sum_sin2");
  json["mean_sin2"] = finite_list(impact.mean_sin2, "mean_sin2");
  json["relative_gap"] = finite_list(impact.relative_gap, "relative_gap");
  json["checks"] = checks_json(impact.checks);
  return json;
}

void fill(ResultDocument& document, const ImpactResult& result) {
  document.add("depth", result.depth == ImpactDepth::angles ? "angles" : "couplings");
  document.add("gap_threshold", impact_gap);
  document.add("k", result.k);
  document.add("principal_gap", finite_list(result.principal_gap, "principal_gap"));
  document.begin_list("structures");
  for (const NoiseStructure& structure : result.structures)
    document.add_entry({{"name", structure.name}, {"coupling", finite_list(structure.coupling, "coupling")}});
  document.end_list();
  document.begin_list("impacts");
  for (const NoiseImpact& impact : result.impacts) document.add_entry(impact_json(result, impact));
  document.end_list();
  document.commit();
}

}  // namespace

void write_json(const ImpactResult& result, const std::string& path, const ReportOptions& options) {
  ResultDocument document(path, formats::impact, result, options);
  fill(document, result);
}

std::string to_json(const ImpactResult& result, const ReportOptions& options) {
  std::string text;
  ResultDocument document(&text, formats::impact, result, options);
  fill(document, result);
  return text;
}

}  // namespace eigenlens
