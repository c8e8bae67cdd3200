// SPDX-License-Identifier: Apache-2.0
#include "report/html_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

namespace eigenlens {
namespace {

using Json = nlohmann::ordered_json;

/// The parser's own reading of it after bytes that are no UTF-8 were replaced.
std::string valid_utf8(std::string_view text) {
  const std::string quoted = Json(std::string(text)).dump(-1, ' ', false, Json::error_handler_t::replace);
  return Json::parse(quoted).get<std::string>();
}

std::string without_tags(std::string_view html) {
  std::string text;
  bool inside = false;
  for (const char c : html) {
    if (c == '<') inside = true;
    if (!inside) text += c;
    if (c == '>') inside = false;
  }
  return text;
}

/// A heading that may break into lines, but not within "K = 64" and "90 %".
std::string unbroken(std::string heading) {
  for (const auto& [words, whole] : {std::pair{" = ", "&nbsp;=&nbsp;"}, std::pair{" %", "&nbsp;%"}})
    for (std::size_t at = heading.find(words); at != std::string::npos; at = heading.find(words, at))
      heading.replace(at, std::string_view(words).size(), whole);
  return heading;
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string safe;
  for (const char c : valid_utf8(text)) {
    switch (c) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      case '\'':
        safe += "&#39;";
        break;
      default:
        if (static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t') safe += c;
    }
  }
  return safe;
}

std::string script_json(const Json& document) {
  const std::string text = document.dump(-1, ' ', false, Json::error_handler_t::replace);
  std::string safe;
  safe.reserve(text.size());
  for (const char c : text)
    if (c == '<') {
      safe += "\\u003c";
    } else {
      safe += c;
    }
  return safe;
}

std::string base64(std::span<const unsigned char> bytes) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) group = group << 8 | (j < count ? bytes[i + j] : 0U);
    for (std::size_t j = 0; j < 4; ++j) text += j <= count ? letters[group >> (18 - 6 * j) & 63] : '=';
  }
  return text;
}

Json packed(std::span<const double> values, double scale) {
  Json list = Json::array();
  std::int64_t before = 0;
  for (const double value : values) {
    const std::int64_t now = std::llround(value * scale);
    list.push_back(now - before);
    before = now;
  }
  return list;
}

std::string percent(double share) { return fmt::format("{:.2f}", 100 * share); }

std::string points(double gain, double margin) {
  const std::string text = fmt::format("{}{:.2f}", gain < 0 ? "−" : "+", 100 * std::abs(gain));
  return margin > 0 ? fmt::format("{} ± {:.2f}", text, 100 * margin) : text;
}

std::string table_html(const HtmlTable& table, std::string_view id) {
  const std::string name = id.empty() ? std::string() : fmt::format(" id=\"{}\"", id);
  std::string html = fmt::format(
      "<div class=\"wide\"><div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Table: {}\">\n"
      "<table{}>\n<caption>{}</caption>\n<thead><tr>",
      without_tags(table.caption), name, table.caption);
  for (const std::string& cell : table.header) html += fmt::format("<th scope=\"col\">{}</th>", unbroken(cell));
  html += "</tr></thead>\n<tbody>\n";
  for (const std::vector<std::string>& row : table.rows) {
    html += "<tr>";
    for (std::size_t i = 0; i < row.size(); ++i)
      html += i == 0 ? fmt::format("<th scope=\"row\">{}</th>", row[i]) : fmt::format("<td>{}</td>", row[i]);
    html += "</tr>\n";
  }
  return html + "</tbody>\n</table>\n</div></div>\n";
}

std::string folded_table_html(const HtmlTable& table, std::string_view summary) {
  return fmt::format("<details>\n<summary>{}</summary>\n{}</details>\n", summary, table_html(table));
}

std::vector<std::size_t> thinned_indices(std::size_t count, std::size_t most) {
  std::vector<std::size_t> indices;
  if (count <= most) {
    for (std::size_t i = 0; i < count; ++i) indices.push_back(i);
    return indices;
  }
  for (std::size_t i = 0; i < most; ++i) {
    const double share = static_cast<double>(i) / static_cast<double>(most - 1);
    const auto index = static_cast<std::size_t>(std::lround(std::pow(static_cast<double>(count), share))) - 1;
    if (indices.empty() || indices.back() != index) indices.push_back(index);
  }
  return indices;
}

}  // namespace eigenlens
