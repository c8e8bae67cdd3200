// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "c/guard.hpp"
#include "c/json_text.hpp"
#include "c/samples.hpp"
#include "eigenlens/error.hpp"
#include "eigenlens/mask_moments.hpp"
#include "eigenlens/pretext.hpp"

using namespace eigenlens::c;

eigenlens_status eigenlens_pretexts(const char* specification, char** json) {
  return guarded([&] {
    auto& out = required(json, "json");
    Json list = Json::array();
    for (const eigenlens::Pretext& pretext : eigenlens::parse_pretext(required_text(specification, "specification")))
      list.push_back(pretext.to_string());
    out = given_out(list);
  });
}

eigenlens_status eigenlens_draw_masks(const char* pretext, const eigenlens_samples* samples, int64_t count,
                                      int64_t* patches, uint8_t* masks) {
  return guarded([&] {
    auto& out = required(patches, "patches");
    const auto parsed = eigenlens::parse_pretext(required_text(pretext, "pretext"));
    if (parsed.size() != 1 || (masks && count < 1))
      throw eigenlens::Error(eigenlens::ErrorCode::usage,
                             fmt::format("{} masks of '{}', which is {} pretexts: expected one or more masks of one",
                                         count, pretext, parsed.size()));
    const auto drawn = eigenlens::draw_masks(parsed.front(), shape_of(samples), masks ? count : 1);
    out = drawn.rows();
    if (masks) std::copy_n(drawn.data(), drawn.size(), masks);
  });
}
