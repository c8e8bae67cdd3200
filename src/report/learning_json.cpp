// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <iterator>
#include <string>

#include "data/atomic_file.hpp"
#include "eigenlens/learning.hpp"
#include "report/format_names.hpp"
#include "report/result_document.hpp"
#include "report/selection.hpp"

namespace eigenlens {
namespace {

void fill(ResultDocument& document, const LearningResult& result) {
  document.add("initial", finite(result.initial, "initial"));
  document.begin_list("milestones");
  for (const LearningMilestone& m : result.milestones)
    document.add_entry({{"share", m.share},
                        {"input_time", finite(m.input_time, "input_time")},
                        {"target_time", finite(m.target_time, "target_time")},
                        {"time_ratio", finite(m.time_ratio(), "time_ratio")},
                        {"input_k", m.input_k},
                        {"target_k", m.target_k},
                        {"eigenvalue_ratio", finite(m.eigenvalue_ratio, "eigenvalue_ratio")}});
  document.end_list();
  document.begin_list("classes");
  for (const LearningClass& c : result.per_class)
    document.add_entry({{"name", c.name}, {"energy", finite(c.energy, "energy")}, {"time", finite(c.time, "time")}});
  document.end_list();
  document.add("time", finite_list(result.time, "time"));
  document.add("input", finite_list(result.input, "input"));
  document.add("target", finite_list(result.target, "target"));
  document.add("eigenvalue", finite_list(result.eigenvalues, "eigenvalue"));
  document.add("target_energy_of", finite_list(result.target_energy_of, "target_energy_of"));
  document.commit();
}

}  // namespace

void write_json(const LearningResult& result, const std::string& path, const ReportOptions& options) {
  ResultDocument document(path, formats::learning, result, options);
  fill(document, result);
}

std::string to_json(const LearningResult& result, const ReportOptions& options) {
  std::string text;
  ResultDocument document(&text, formats::learning, result, options);
  fill(document, result);
  return text;
}

void write_csv(const LearningResult& result, const std::string& path) {
  AtomicFile file(path);
  std::string text = "time,input,target\n";
  for (std::size_t i = 0; i < result.time.size(); ++i)
    fmt::format_to(std::back_inserter(text), "{},{},{}\n", finite(result.time[i], "time"),
                   finite(result.input[i], "input"), finite(result.target[i], "target"));
  file.write(text);
  file.commit();
}

}  // namespace eigenlens
