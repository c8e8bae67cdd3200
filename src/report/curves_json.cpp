// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <string_view>

#include "eigenlens/probe.hpp"
#include "eigenlens/report.hpp"
#include "report/format_names.hpp"
#include "report/probe_values.hpp"
#include "report/result_document.hpp"
#include "report/selection.hpp"

namespace eigenlens {
namespace {

using Json = ResultDocument::Json;

Json error_json(const SamplingError& error) {
  return {{"largest", finite(error.largest, "sampling error")},
          {"rms", finite(error.root_mean_square, "sampling error")}};
}

/// A list for every name that applies, an entry a K.
Json probe_json(const SweepResult& result, const Curve& curve, const std::vector<std::int64_t>& k) {
  Json json = Json::object();
  for (const std::int64_t wanted : k)
    for (const auto& [name, value] : probe_values(result, curve, wanted))
      if (value) json[name].push_back(*value);
  json["sufficient_k"] = smallest_sufficient_k(curve.probe->top1, result.probe->count);
  return json;
}

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

Json curve_json(const SweepResult& result, const Curve& curve, const ReportOptions& options) {
  const std::vector<std::int64_t> k = selected_k(curve, options);
  Json json = {{"pretext", pretext_json(curve.pretext)}, {"k", k}};
  constexpr std::string_view nested = "reconstruction_";
  for (const Column& column : curve_columns) {
    const std::string_view name = column.name;
    Json& place = name.starts_with(nested) ? json["reconstruction"][name.substr(nested.size())] : json[name];
    place = Json::array();
    for (const std::int64_t wanted : k) place.push_back((curve.*column.values)[static_cast<std::size_t>(wanted - 1)]);
  }
  if (result.probe && curve.probe) json["probe"] = probe_json(result, curve, k);
  if (!curve.sampling.alignment_se.empty()) json["jackknife"] = sampling_json(curve, k);
  json["checks"] = checks_json(curve.checks);
  if (has_mask_moments(curve.pretext.kind))
    json["checks"]["mask_moments"] = {{"draws", curve.checks.mask_draws},
                                      {"first_error", error_json(curve.checks.first_error)},
                                      {"second_error", error_json(curve.checks.second_error)}};
  return json;
}

void fill(ResultDocument& document, const SweepResult& result, const ReportOptions& options) {
  if (result.probe)
    document.add("probe", {{"dataset", result.probe->dataset},
                           {"n", result.probe->count},
                           {"ridge", finite(result.probe->ridge, "ridge")},
                           {"confidence", 0.95},
                           {"passes", result.probe->passes}});
  if (result.shards > 0) document.add("jackknife", {{"shards", result.shards}, {"student", result.student}});
  document.begin_list("curves");
  for (const Curve& curve : result.curves) document.add_entry(curve_json(result, curve, options));
  document.end_list();
  document.commit();
}

}  // namespace

void write_json(const SweepResult& result, const std::string& path, const ReportOptions& options) {
  ResultDocument document(path, formats::curves, result, options);
  fill(document, result, options);
}

std::string to_json(const SweepResult& result, const ReportOptions& options) {
  std::string text;
  ResultDocument document(&text, formats::curves, result, options);
  fill(document, result, options);
  return text;
}

}  // namespace eigenlens
