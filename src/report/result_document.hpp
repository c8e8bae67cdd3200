// SPDX-License-Identifier: Apache-2.0
/// \file
/// The JSON document of any result: its head is the same for all (docs/formats.md).
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "data/atomic_file.hpp"
#include "eigenlens/report.hpp"
#include "eigenlens/sweep.hpp"

namespace eigenlens {

/// `{"format": …, "dataset": …, "provenance": …, "timings": …`, then the parts that are added, a line each, and a list
/// an entry at a time: the whole as one document would take ten times the memory of its numbers. Written atomically.
/// Numbers must be finite (finite() of selection.hpp).
class ResultDocument {
 public:
  using Json = nlohmann::ordered_json;

  /// format: "eigenlens.curves/1".
  ResultDocument(const std::string& path, std::string_view format, const ResultFacts& facts,
                 const ReportOptions& options);
  void add(std::string_view name, const Json& value);
  void begin_list(std::string_view name);
  void add_entry(const Json& entry);
  void end_list();
  /// Nothing is there before.
  void commit();

 private:
  AtomicFile file_;
  const char* separator_ = "\n";
};

/// A pretext as every format writes it: spec, kind and what it takes.
ResultDocument::Json pretext_json(const Pretext& pretext);
/// What was checked about a basis.
ResultDocument::Json checks_json(const BasisChecks& checks);

}  // namespace eigenlens
