// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "data/atomic_file.hpp"
#include "eigenlens/report.hpp"
#include "report/selection.hpp"

namespace eigenlens {
namespace {

using Json = nlohmann::ordered_json;

/// Names and paths that are not UTF-8 lose the offending bytes rather than the file.
std::string text_of(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

Json dataset_json(const SweepResult& result) {
  return {{"name", result.dataset},
          {"n", result.count},
          {"d", result.shape.size()},
          {"shape", {result.shape.channels, result.shape.height, result.shape.width}},
          {"classes", result.classes},
          {"rank", result.rank},
          {"constant_pixels", result.constant_pixels},
          {"global_std", finite(result.global_std, "global_std")},
          {"target_energy", finite(result.target_energy, "target_energy")}};
}

Json pretext_json(const Pretext& pretext) {
  Json json = {{"spec", pretext.to_string()}, {"kind", kind_name(pretext.kind)}};
  if (has_patch(pretext.kind)) {
    json["patch"] = {pretext.patch_height, pretext.patch_width};
    json["channels"] = channels_name(pretext.channels);
  }
  if (has_ratio(pretext.kind)) json["ratio"] = finite(pretext.ratio, "ratio");
  if (pretext.kind == PretextKind::gaussian) json["sigma"] = finite(pretext.sigma, "sigma");
  if (pretext.kind == PretextKind::keep) json["count"] = pretext.keep_count;
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
  json["checks"] = {{"residual", finite(curve.checks.residual, "residual")},
                    {"orthogonality", finite(curve.checks.orthogonality, "orthogonality")},
                    {"orthogonality_limit", finite(curve.checks.orthogonality_limit, "orthogonality limit")},
                    {"rank", curve.checks.rank},
                    {"solver", curve.checks.solver}};
  return json;
}

}  // namespace

void write_json(const SweepResult& result, const std::string& path, const ReportOptions& options) {
  AtomicFile file(path);
  Json provenance = Json::object();
  for (const auto& [key, value] : options.provenance) provenance[key] = value;
  Json timings = Json::array();
  for (const SweepTiming& timing : result.timings)
    timings.push_back({{"stage", timing.stage}, {"seconds", finite(timing.seconds, "seconds")}});

  // A line a part, and a curve at a time: the whole as one document would take ten times the memory of the curves.
  file.write("{\"format\":\"eigenlens.curves/1\",\n\"dataset\":" + text_of(dataset_json(result)));
  file.write(",\n\"provenance\":" + text_of(provenance) + ",\n\"timings\":" + text_of(timings) + ",\n\"curves\":[");
  const char* separator = "\n";
  for (const Curve& curve : result.curves) {
    file.write(separator + text_of(curve_json(curve, options)));
    separator = ",\n";
  }
  file.write("\n]}\n");
  file.commit();
}

}  // namespace eigenlens
