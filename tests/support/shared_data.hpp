// SPDX-License-Identifier: Apache-2.0
/// \file
/// Real data and golden values that lie beside the project and are no part of it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace eigenlens::test {

/// `relative` below $EIGENLENS_SHARED, or else below ../shared beside the project; nothing if it is absent. Then the
/// test skips and says so.
std::optional<std::filesystem::path> shared_data(const std::string& relative);

}  // namespace eigenlens::test
