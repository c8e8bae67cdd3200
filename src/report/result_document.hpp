// SPDX-License-Identifier: Apache-2.0
/// \file
/// The JSON document of any result: its head is the same for all (docs/formats.md).
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "data/atomic_file.hpp"
#include "eigenlens/report.hpp"
#include "eigenlens/sweep.hpp"

namespace eigenlens {

/// `{"format": …, "dataset": …, "provenance": …, "timings": …`, then the parts that are added, a line each, and a list
/// an entry at a time: the whole as one document would take ten times the memory of its numbers. It goes to a file,
/// written atomically, or into a text: the same bytes. Numbers must be finite (finite() of selection.hpp).
class ResultDocument {
 public:
  using Json = nlohmann::ordered_json;

  /// format: "eigenlens.curves/1".
  ResultDocument(const std::string& path, std::string_view format, const ResultFacts& facts,
                 const ReportOptions& options);
  /// Appends to `text`, which outlives the document.
  ResultDocument(std::string* text, std::string_view format, const ResultFacts& facts, const ReportOptions& options)
      : text_(text) {
    begin(format, facts, options);
  }
  void add(std::string_view name, const Json& value);
  void begin_list(std::string_view name);
  void add_entry(const Json& entry);
  void end_list();
  /// No file is there before.
  void commit();

 private:
  void begin(std::string_view format, const ResultFacts& facts, const ReportOptions& options);
  void write(std::string_view text);

  std::optional<AtomicFile> file_;
  std::string* text_ = nullptr;  ///< where there is no file
  const char* separator_ = "\n";
};

/// The weight of the joint objective: a number, or the text "inf", which JSON has no number for.
ResultDocument::Json weight_json(double lambda);

/// A pretext as every format writes it: spec, kind and what it takes.
ResultDocument::Json pretext_json(const Pretext& pretext);
/// What was checked about a basis.
ResultDocument::Json checks_json(const BasisChecks& checks);

}  // namespace eigenlens
