// SPDX-License-Identifier: Apache-2.0
/// \file
/// What each kind of result calls its format (docs/formats.md).
#pragma once

namespace eigenlens::formats {

inline constexpr const char* curves = "eigenlens.curves/1";
inline constexpr const char* impact = "eigenlens.impact/1";
inline constexpr const char* frontier = "eigenlens.frontier/1";
inline constexpr const char* advice = "eigenlens.advice/1";
inline constexpr const char* bands = "eigenlens.bands/1";
inline constexpr const char* encoders = "eigenlens.encoders/1";
inline constexpr const char* learning = "eigenlens.learning/1";

}  // namespace eigenlens::formats
