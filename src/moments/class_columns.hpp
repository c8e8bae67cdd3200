// SPDX-License-Identifier: Apache-2.0
/// \file
/// Class sums, D × C, of more or fewer classes.
#pragma once

#include <algorithm>
#include <cstdint>

#include "eigenlens/dense.hpp"

namespace eigenlens {

/// The first `classes` columns, zeros where there were fewer.
template <class Scalar>
Dense<Scalar> with_classes(const Dense<Scalar>& sums, std::int64_t classes) {
  Dense<Scalar> result(sums.rows(), classes);
  std::copy_n(sums.data(), std::min(sums.size(), result.size()), result.data());
  return result;
}

}  // namespace eigenlens
