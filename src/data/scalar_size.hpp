// SPDX-License-Identifier: Apache-2.0
/// \file
/// How much memory a value of a data set takes.
#pragma once

#include <cstddef>

#include "eigenlens/dataset.hpp"

namespace eigenlens {

/// Bytes.
constexpr std::size_t scalar_size(ScalarType scalar) {
  return scalar == ScalarType::uint8 ? 1 : scalar == ScalarType::float32 ? sizeof(float) : sizeof(double);
}

}  // namespace eigenlens
