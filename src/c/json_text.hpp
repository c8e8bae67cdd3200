// SPDX-License-Identifier: Apache-2.0
/// \file
/// Facts that are given out as JSON.
#pragma once

#include <nlohmann/json.hpp>

#include "c/guard.hpp"

namespace eigenlens::c {

using Json = nlohmann::ordered_json;

/// The document as a text for the caller; bytes that are not UTF-8 are replaced, as in files.
inline char* given_out(const Json& document) {
  return given_out(document.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace eigenlens::c
