// SPDX-License-Identifier: Apache-2.0
/// \file
/// One offline HTML file of any results: charts, pictures, provenance, and what they say in plain words.
#pragma once

#include <string>
#include <vector>

#include "eigenlens/export.hpp"

namespace eigenlens {

struct ReportPicture {
  std::string path;     ///< a PNG file
  std::string caption;  ///< what it shows: also its text for those who cannot see it
};

struct HtmlReportOptions {
  std::string title;                    ///< empty: the data set's name
  std::vector<ReportPicture> pictures;  ///< beside those that the results name
};

/// Writes the report of result files (eigenlens.curves/1, .impact/1, .frontier/1, .learning/1, .bands/1, .advice/1,
/// .encoders/1) atomically: charting library, pictures and numbers are embedded. Errors: usage (no result; more than
/// one data set), data (a file that is no result, a picture that is no PNG), io.
EIGENLENS_API void write_html_report(const std::vector<std::string>& results, const std::string& out,
                                     const HtmlReportOptions& options = {});

}  // namespace eigenlens
