// SPDX-License-Identifier: Apache-2.0
/// \file
/// The files that every page has, as the build found them (cmake/HtmlParts.cmake): those of src/report/html/, and the
/// charting library.
#pragma once

#include <string_view>

namespace eigenlens {

struct HtmlPart {
  std::string_view text;
  std::string_view sha256;  ///< of the text, hexadecimal: by it the page says which scripts may run
};

namespace html_parts {
extern const HtmlPart page;           ///< the frame, with {{PLACES}}
extern const HtmlPart style;          ///< CSS
extern const HtmlPart script;         ///< our own
extern const HtmlPart chart_library;  ///< Chart.js, minified
extern const HtmlPart chart_licence;  ///< plain text
}  // namespace html_parts

}  // namespace eigenlens
