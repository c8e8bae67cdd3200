// SPDX-License-Identifier: Apache-2.0
/// \file
/// Results of the C interface: what an operation found, or a file that was loaded.
#pragma once

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "c/arrays.hpp"
#include "eigenlens/advice.hpp"
#include "eigenlens/bands.hpp"
#include "eigenlens/eigenlens.h"
#include "eigenlens/encoders.hpp"
#include "eigenlens/frontier.hpp"
#include "eigenlens/impact.hpp"
#include "eigenlens/learning.hpp"
#include "eigenlens/reading.hpp"
#include "eigenlens/report.hpp"
#include "eigenlens/sweep.hpp"

namespace eigenlens::c {

/// A frontier with the maps that were asked for, one a point.
struct MappedFrontier : FrontierResult {
  std::vector<JointMaps> maps;
};

/// The document of a file.
struct LoadedResult {
  std::string format;
  std::string text;
};

using AnyResult = std::variant<SweepResult, ImpactResult, EncodersResult, MappedFrontier, Advice, LearningResult,
                               BandsResult, LoadedResult>;

/// Numbers of a document, side by side.
struct NumberList {
  std::vector<double> reals;
  std::vector<std::int64_t> wholes;  ///< in place of them, where all are
  ArrayView view;                    ///< of either
};

}  // namespace eigenlens::c

struct eigenlens_result {
  eigenlens::c::AnyResult value;
  /// Of library and device, when the result was made.
  std::vector<std::pair<std::string, std::string>> provenance;
  // What eigenlens_result_array has looked up.
  mutable std::optional<nlohmann::json> document;                 ///< with all K
  mutable std::map<std::string, eigenlens::c::NumberList> lists;  ///< by pointer
  std::map<std::string, eigenlens::c::ArrayView> matrices;        ///< those that no document has, by pointer
};

namespace eigenlens::c {

/// Makes the maps of a frontier arrays: "/maps/0/encoder", …
void add_matrices(const MappedFrontier& frontier, std::map<std::string, ArrayView>& matrices);
/// The same of encoders: "/encoders/0/encoder", …
void add_matrices(const EncodersResult& result, std::map<std::string, ArrayView>& matrices);

/// A handle for the caller; how the moments came about is added to the facts.
template <class Result>
eigenlens_result* new_result(Result result, const ReadingFacts& reading) {
  add_reading(reading, result);
  auto handle = std::make_unique<eigenlens_result>();
  handle->provenance = provenance(result.device);
  handle->value = std::move(result);
  if constexpr (std::is_same_v<Result, MappedFrontier> || std::is_same_v<Result, EncodersResult>)
    add_matrices(std::get<Result>(handle->value), handle->matrices);
  return handle.release();
}

/// The document with all K, or those of the options.
std::string document_text(const eigenlens_result& result, const ReportOptions& options);

/// The list of numbers at a JSON pointer. Error(usage) that says how far the pointer leads.
const ArrayView& numbers_at(const eigenlens_result& result, const std::string& pointer);

}  // namespace eigenlens::c
