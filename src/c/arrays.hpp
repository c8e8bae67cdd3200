// SPDX-License-Identifier: Apache-2.0
/// \file
/// Arrays that are given out: memory of a handle's, and how it is laid out.
#pragma once

#include <cstdint>
#include <vector>

#include "eigenlens/eigenlens.h"

namespace eigenlens::c {

struct ArrayView {
  const void* values = nullptr;
  std::int32_t scalar = EIGENLENS_FLOAT64;  ///< eigenlens_scalar
  std::vector<std::int64_t> shape;          ///< of at most four numbers; none: a single value
  std::vector<std::int64_t> strides;        ///< in elements
};

/// C order: the last index runs fastest.
std::vector<std::int64_t> row_major(const std::vector<std::int64_t>& shape);

void fill_array(const ArrayView& view, eigenlens_array* array);

}  // namespace eigenlens::c
