// SPDX-License-Identifier: Apache-2.0
/// \file
/// "generate:count=600,shape=1x28x28,...": the generated set without files.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "eigenlens/dataset.hpp"
#include "eigenlens/generate.hpp"

namespace eigenlens {

inline constexpr std::string_view kGeneratePrefix = "generate:";
inline constexpr std::string_view kGenerateForm =
    "generate:[count=N][,test_count=N][,shape=CxHxW][,classes=C][,background=B][,seed=S]";

/// Throws Error(usage) that quotes the specification and says what was expected.
GenerateOptions parse_generate(const std::string& specification);

/// options.split: train or test; options.labels, layout and label_kind do not matter. Errors: usage.
std::unique_ptr<Dataset> open_generated(const std::string& specification, const OpenOptions& options);

}  // namespace eigenlens
