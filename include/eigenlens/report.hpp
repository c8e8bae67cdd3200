// SPDX-License-Identifier: Apache-2.0
/// \file
/// Curves as JSON, CSV, a table and pictures (formats: docs/formats.md).
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "eigenlens/export.hpp"
#include "eigenlens/sweep.hpp"

namespace eigenlens {

struct ReportOptions {
  std::vector<std::int64_t> k;  ///< the latent dimensions to write; empty: all. Beyond a curve's rank: Error(usage)
  /// Key and value: provenance() and what a caller adds, such as the command. Written as given.
  std::vector<std::pair<std::string, std::string>> provenance;
};

/// Key and value of what any result says about its making: version and git state of the library, the time now, then
/// `device` (ResultFacts::device).
EIGENLENS_API std::vector<std::pair<std::string, std::string>> provenance(
    const std::vector<std::pair<std::string, std::string>>& device);

/// Refuses a folder for many files that is not empty, or cannot be made: before the work, so that a typo does not cost
/// the run. Errors: usage, io.
EIGENLENS_API void require_empty_folder(const std::string& folder);

/// `eigenlens.curves/1`, written atomically.
EIGENLENS_API void write_json(const SweepResult& result, const std::string& path, const ReportOptions& options = {});
/// The same document as a text.
EIGENLENS_API std::string to_json(const SweepResult& result, const ReportOptions& options = {});
/// One line a (pretext, K), written atomically.
EIGENLENS_API void write_csv(const SweepResult& result, const std::string& path, const ReportOptions& options = {});
/// Alignment at a few K and the K that reaches 50, 90 and 99 %, for a terminal.
EIGENLENS_API std::string format_table(const SweepResult& result, const ReportOptions& options = {});

/// Draws a curves file with gnuplot: alignment against K, and the gain of each masking family over no mask.
/// The ending of `out` (.svg or .png) chooses the format. Errors: unavailable (no gnuplot), data, io, usage.
EIGENLENS_API void plot_curves(const std::string& curves_json, const std::string& out);
/// Draws any result file, by its format.
EIGENLENS_API void plot_result(const std::string& result_json, const std::string& out);

}  // namespace eigenlens
