// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "c/guard.hpp"
#include "c/versions.hpp"
#include "eigenlens/error.hpp"
#include "eigenlens/html_report.hpp"

using namespace eigenlens::c;

eigenlens_status eigenlens_report(const char* const* result_paths, size_t count, const char* out,
                                  const eigenlens_report_options* options) {
  return guarded([&] {
    const auto given = versioned(options, eigenlens_report_options EIGENLENS_REPORT_OPTIONS_INIT, "report options");
    const auto pictures = texts(given.pictures, given.picture_count, "pictures");
    if (pictures.size() % 2 != 0)
      throw eigenlens::Error(eigenlens::ErrorCode::usage,
                             fmt::format("pictures of {} texts: expected a caption after every file", pictures.size()));
    eigenlens::HtmlReportOptions wanted;
    wanted.title = text_or(given.title, "");
    for (std::size_t i = 0; i < pictures.size(); i += 2) wanted.pictures.push_back({pictures[i], pictures[i + 1]});
    eigenlens::write_html_report(texts(result_paths, count, "result_paths"), required_text(out, "out"), wanted);
  });
}
