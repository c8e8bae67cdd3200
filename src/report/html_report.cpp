// SPDX-License-Identifier: Apache-2.0
#include "eigenlens/html_report.hpp"

#include <fmt/format.h>

#include <map>

#include "data/atomic_file.hpp"
#include "report/html_page.hpp"
#include "report/html_parts.hpp"

namespace eigenlens {
namespace {

/// What a policy calls a script or a style by: 'sha256-…' in base64.
std::string policy_name(const HtmlPart& part) {
  const auto digit = [](char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10); };
  std::vector<unsigned char> bytes;
  for (std::size_t i = 0; i + 1 < part.sha256.size(); i += 2)
    bytes.push_back(static_cast<unsigned char>(digit(part.sha256[i]) << 4 | digit(part.sha256[i + 1])));
  return fmt::format("'sha256-{}'", base64(bytes));
}

/// Replaces every {{NAME}} of the frame, once: what is put in is not looked at again.
std::string filled(std::string_view frame, const std::map<std::string_view, std::string>& values) {
  std::string page;
  for (std::size_t at = 0; at < frame.size();) {
    const std::size_t open = frame.find("{{", at);
    if (open == std::string_view::npos) return page.append(frame.substr(at));
    const std::size_t close = frame.find("}}", open);
    page.append(frame.substr(at, open - at));
    page += values.at(frame.substr(open + 2, close - open - 2));
    at = close + 2;
  }
  return page;
}

/// Network is forbidden altogether; what runs is what the build embedded, byte for byte.
std::string policy() {
  return fmt::format(
      "default-src 'none'; script-src {} {}; style-src {}; img-src data:; base-uri 'none'; form-action 'none'",
      policy_name(html_parts::chart_library), policy_name(html_parts::script), policy_name(html_parts::style));
}

}  // namespace

void write_html_report(const std::vector<std::string>& results, const std::string& out,
                       const HtmlReportOptions& options) {
  const std::vector<ReportResult> read = read_results(results);
  HtmlPage page(common_dataset(read));
  say_dataset(read.front(), page);
  const ReportCurves curves = read_report_curves(read);
  add_advice(read, page);
  say_curves(curves, read_advised(read), page);
  add_curves(curves, page);
  add_frontier(read, page);
  add_impact(read, page);
  add_learning(read, page);
  add_bands(read, page);
  add_encoders(read, page);
  if (!options.pictures.empty()) page.begin_section("pictures", "Pictures");
  for (const ReportPicture& picture : options.pictures) page.add(picture_html(picture.path, picture.caption));
  add_provenance(read, page);
  page.say("What this cannot say",
           "The theory is exact for linear autoencoders and a linear classifier on these samples. For anything else it "
           "is a place to begin.");

  const std::string title = escaped(options.title.empty() ? page.dataset().name : options.title);
  AtomicFile file(out);
  file.write(filled(html_parts::page.text, {{"POLICY", policy()},
                                            {"TITLE", title},
                                            {"STYLE", std::string(html_parts::style.text)},
                                            {"SUMMARY", page.summary_html()},
                                            {"NAVIGATION", page.navigation_html()},
                                            {"SECTIONS", page.sections_html()},
                                            {"LICENCE", escaped(html_parts::chart_licence.text)},
                                            {"DATA", script_json(page.data())},
                                            {"CHARTS", std::string(html_parts::chart_library.text)},
                                            {"SCRIPT", std::string(html_parts::script.text)}}));
  file.commit();
}

}  // namespace eigenlens
