// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <string_view>

#include "eigenlens/report.hpp"
#include "report/result_document.hpp"
#include "report/selection.hpp"

namespace eigenlens {
namespace {

using Json = ResultDocument::Json;

/// At those of `k` that every set without a shard reaches.
Json sampling_json(const Curve& curve, const std::vector<std::int64_t>& k) {
  const auto rank = static_cast<std::int64_t>(curve.sampling.alignment_se.size());
  std::vector<std::int64_t> reached;
  for (const std::int64_t wanted : k)
    if (wanted <= rank) reached.push_back(wanted);
  Json json = {{"k", reached}};
  for (const SamplingColumn& column : sampling_columns) {
    const std::vector<double>& values = curve.sampling.*column.values;
    if (values.empty()) continue;
    Json& place = json[column.name] = Json::array();
    for (const std::int64_t wanted : reached)
      place.push_back(finite(values[static_cast<std::size_t>(wanted - 1)], column.name));
  }
  return json;
}

Json curve_json(const Curve& curve, const ReportOptions& options) {
  const std::vector<std::int64_t> k = selected_k(curve, options);
  Json json = {{"pretext", pretext_json(curve.pretext)}, {"k", k}};
  constexpr std::string_view nested = "reconstruction_";
  for (const Column& column : curve_columns) {
    const std::string_view name = column.name;
    Json& place = name.starts_with(nested) ? json["reconstruction"][name.substr(nested.size())] : json[name];
    place = Json::array();
    for (const std::int64_t wanted : k) place.push_back((curve.*column.values)[static_cast<std::size_t>(wanted - 1)]);
  }
  if (!curve.sampling.alignment_se.empty()) json["jackknife"] = sampling_json(curve, k);
  json["checks"] = checks_json(curve.checks);
  return json;
}

}  // namespace

void write_json(const SweepResult& result, const std::string& path, const ReportOptions& options) {
  ResultDocument document(path, "eigenlens.curves/1", result, options);
  if (result.shards > 0) document.add("jackknife", {{"shards", result.shards}, {"student", result.student}});
  document.begin_list("curves");
  for (const Curve& curve : result.curves) document.add_entry(curve_json(curve, options));
  document.end_list();
  document.commit();
}

}  // namespace eigenlens
