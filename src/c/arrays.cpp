// SPDX-License-Identifier: Apache-2.0
#include "c/arrays.hpp"

#include <algorithm>

#include "c/versions.hpp"

namespace eigenlens::c {

std::vector<std::int64_t> row_major(const std::vector<std::int64_t>& shape) {
  std::vector<std::int64_t> strides(shape.size(), 1);
  for (std::size_t i = shape.size(); i-- > 1;) strides[i - 1] = strides[i] * shape[i];
  return strides;
}

void fill_array(const ArrayView& view, eigenlens_array* array) {
  eigenlens_array values = EIGENLENS_ARRAY_INIT;
  values.data = view.values;
  values.scalar = view.scalar;
  values.ndim = static_cast<std::int32_t>(view.shape.size());
  std::copy(view.shape.begin(), view.shape.end(), values.shape);
  std::copy(view.strides.begin(), view.strides.end(), values.strides);
  fill(array, values, "array");
}

}  // namespace eigenlens::c
