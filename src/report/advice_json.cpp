// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "eigenlens/advice.hpp"
#include "report/format_names.hpp"
#include "report/result_document.hpp"
#include "report/selection.hpp"

namespace eigenlens {
namespace {

using Json = ResultDocument::Json;

Json row_json(const Advice& advice, const AdviceRow& row) {
  Json json = {{"pretext", pretext_json(row.pretext)}};
  if (row.keep_count > 0) json["keep_count"] = row.keep_count;
  if (row.max_sin) json["max_sin"] = finite(*row.max_sin, "max_sin");
  if (advice.basis == AdviceBasis::impact) return json;
  json["alignment"] = finite_list(row.alignment, "alignment");
  json["gain"] = finite_list(row.gain, "gain");
  if (!row.gain_se.empty()) json["gain_se"] = finite_list(row.gain_se, "gain_se");
  json["k90"] = row.k90;
  json["k99"] = row.k99;
  json["learning_ratio"] = finite(row.learning_ratio, "learning_ratio");
  json["as_good_as_best"] = row.as_good_as_best;
  return json;
}

Json trial_json(const AdviceTrial& trial) {
  Json json = {{"pretext", pretext_json(trial.pretext)}, {"round", trial.round}};
  if (trial.gain) json["gain"] = finite(*trial.gain, "gain");
  if (trial.max_sin) json["max_sin"] = finite(*trial.max_sin, "max_sin");
  return json;
}

Json elsewhere_json(const AdviceElsewhere& elsewhere) {
  Json json = {{"k", elsewhere.k},
               {"pretext", pretext_json(elsewhere.pretext)},
               {"alignment", finite(elsewhere.alignment, "alignment")},
               {"gain", finite(elsewhere.gain, "gain")}};
  if (elsewhere.gain_se) json["gain_se"] = finite(*elsewhere.gain_se, "gain_se");
  return json;
}

void fill(ResultDocument& document, const Advice& advice) {
  document.add("basis", advice.basis == AdviceBasis::labels ? "labels" : "impact");
  document.add("k", advice.k);
  document.add("shown_k", advice.shown_k);
  if (advice.shards > 0) document.add("jackknife", {{"shards", advice.shards}, {"student", advice.student}});
  document.add("verdict", advice_verdict(advice));
  document.add("caveat", advice_caveat(advice));
  document.add("notes", advice.notes);
  document.begin_list("ranked");
  for (const AdviceRow& row : advice.rows) document.add_entry(row_json(advice, row));
  document.end_list();
  document.begin_list("elsewhere");
  for (const AdviceElsewhere& elsewhere : advice.elsewhere) document.add_entry(elsewhere_json(elsewhere));
  document.end_list();
  document.begin_list("trials");
  for (const AdviceTrial& trial : advice.trials) document.add_entry(trial_json(trial));
  document.end_list();
  document.commit();
}

}  // namespace

void write_json(const Advice& advice, const std::string& path, const ReportOptions& options) {
  ResultDocument document(path, formats::advice, advice, options);
  fill(document, advice);
}

std::string to_json(const Advice& advice, const ReportOptions& options) {
  std::string text;
  ResultDocument document(&text, formats::advice, advice, options);
  fill(document, advice);
  return text;
}

}  // namespace eigenlens
