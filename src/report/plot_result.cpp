// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <string_view>

#include "eigenlens/advice.hpp"
#include "eigenlens/bands.hpp"
#include "eigenlens/error.hpp"
#include "eigenlens/frontier.hpp"
#include "eigenlens/impact.hpp"
#include "eigenlens/learning.hpp"
#include "eigenlens/report.hpp"
#include "report/result_place.hpp"

namespace eigenlens {
namespace {

struct Drawer {
  std::string_view family;  ///< of formats: "eigenlens.curves/"
  void (*draw)(const std::string& result_json, const std::string& out);
};

constexpr Drawer drawers[] = {
    {"eigenlens.bands/", plot_bands},   {"eigenlens.curves/", plot_curves}, {"eigenlens.frontier/", plot_frontier},
    {"eigenlens.advice/", plot_advice}, {"eigenlens.impact/", plot_impact}, {"eigenlens.learning/", plot_learning},
};

}  // namespace

void plot_result(const std::string& result_json, const std::string& out) {
  const nlohmann::json document = parse_result(result_json);
  const Place top(document, result_json, "the file");
  if (!top.has("format")) top.refuse("a result of eigenlens, with format eigenlens.curves/1 or another");
  const std::string format = top["format"].text();
  for (const Drawer& drawer : drawers)
    if (format.starts_with(drawer.family)) return drawer.draw(result_json, out);
  throw Error(ErrorCode::data, fmt::format("{}: format {}, of which there is no picture", result_json, format));
}

}  // namespace eigenlens
