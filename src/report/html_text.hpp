// SPDX-License-Identifier: Apache-2.0
/// \file
/// Texts, tables and numbers as they stand in an HTML page.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace eigenlens {

/// Text for an element or a quoted attribute: & < > " ' as entities, control characters left out, bytes that are no
/// UTF-8 replaced.
std::string escaped(std::string_view text);

/// A document for a script element: every < is \u003c, so that nothing in it ends the element.
std::string script_json(const nlohmann::ordered_json& document);

/// RFC 4648, with padding.
std::string base64(std::span<const unsigned char> bytes);

/// Values times `scale`, rounded, each but the first as its difference from the one before: short to write.
nlohmann::ordered_json packed(std::span<const double> values, double scale);

/// 0.9214 as "92.14".
std::string percent(double share);
/// 0.0045 as "+0.45"; with half of an interval above 0, "+0.45 ± 0.13".
std::string points(double gain, double margin = 0);

/// All texts are HTML; the first of a row is its heading.
struct HtmlTable {
  std::string caption;
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;
};
/// The table in a box that scrolls sideways by itself and that the keyboard reaches. `id` may be empty.
std::string table_html(const HtmlTable& table, std::string_view id = {});
/// The same behind a line that opens it.
std::string folded_table_html(const HtmlTable& table, std::string_view summary);

/// At most `most` indices below `count` in about equal ratios, the first and the last included, ascending.
std::vector<std::size_t> thinned_indices(std::size_t count, std::size_t most);

}  // namespace eigenlens
