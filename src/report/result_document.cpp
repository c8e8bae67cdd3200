// SPDX-License-Identifier: Apache-2.0
#include "report/result_document.hpp"

#include <cmath>

#include "report/selection.hpp"

namespace eigenlens {
namespace {

using Json = ResultDocument::Json;

/// Names and paths that are not UTF-8 lose the offending bytes rather than the file.
std::string text_of(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

Json dataset_json(const ResultFacts& facts) {
  return {{"name", facts.dataset},
          {"n", facts.count},
          {"d", facts.shape.size()},
          {"shape", {facts.shape.channels, facts.shape.height, facts.shape.width}},
          {"classes", facts.classes},
          {"form", facts.form == MomentsForm::dual ? "dual" : "primal"},
          {"rank", facts.rank},
          {"constant_pixels", facts.constant_pixels},
          {"global_std", finite(facts.global_std, "global_std")},
          {"target_energy", finite(facts.target_energy, "target_energy")}};
}

}  // namespace

ResultDocument::ResultDocument(const std::string& path, std::string_view format, const ResultFacts& facts,
                               const ReportOptions& options) {
  file_.emplace(path);
  begin(format, facts, options);
}

void ResultDocument::begin(std::string_view format, const ResultFacts& facts, const ReportOptions& options) {
  Json provenance = Json::object();
  for (const auto& [key, value] : options.provenance) provenance[key] = value;
  Json timings = Json::array();
  for (const SweepTiming& timing : facts.timings)
    timings.push_back({{"stage", timing.stage}, {"seconds", finite(timing.seconds, "seconds")}});
  write("{\"format\":" + text_of(format));
  add("dataset", dataset_json(facts));
  add("provenance", provenance);
  add("timings", timings);
}

void ResultDocument::write(std::string_view text) {
  if (file_)
    file_->write(text);
  else
    text_->append(text);
}

void ResultDocument::add(std::string_view name, const Json& value) {
  write(",\n" + text_of(name) + ":" + text_of(value));
}

void ResultDocument::begin_list(std::string_view name) {
  write(",\n" + text_of(name) + ":[");
  separator_ = "\n";
}

void ResultDocument::add_entry(const Json& entry) {
  write(separator_ + text_of(entry));
  separator_ = ",\n";
}

void ResultDocument::end_list() { write("\n]"); }

void ResultDocument::commit() {
  write("}\n");
  if (file_) file_->commit();
}

Json weight_json(double lambda) { return std::isinf(lambda) ? Json("inf") : Json(finite(lambda, "lambda")); }

Json pretext_json(const Pretext& pretext) {
  Json json = {{"spec", pretext.to_string()}, {"kind", kind_name(pretext.kind)}};
  if (has_patch(pretext.kind)) {
    json["patch"] = {pretext.patch_height, pretext.patch_width};
    json["channels"] = channels_name(pretext.channels);
  }
  if (has_ratio(pretext.kind)) json["ratio"] = finite(pretext.ratio, "ratio");
  if (pretext.kind == PretextKind::gaussian) json["sigma"] = finite(pretext.sigma, "sigma");
  if (pretext.kind == PretextKind::keep) json["count"] = pretext.keep_count;
  if (pretext.kind == PretextKind::coloured) {
    json["covariance"] = pretext.file;
    json["scale"] = finite(pretext.scale, "scale");
  }
  if (pretext.kind == PretextKind::joint) json["lambda"] = weight_json(pretext.lambda);
  return json;
}

Json checks_json(const BasisChecks& checks) {
  return {{"residual", finite(checks.residual, "residual")},
          {"orthogonality", finite(checks.orthogonality, "orthogonality")},
          {"orthogonality_limit", finite(checks.orthogonality_limit, "orthogonality limit")},
          {"rank", checks.rank},
          {"solver", checks.solver}};
}

}  // namespace eigenlens
