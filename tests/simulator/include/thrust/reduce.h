// SPDX-License-Identifier: Apache-2.0
/// \file
/// Stands in for Thrust's header of this name.
#pragma once

#include "thrust/functional.h"
#include "thrust/transform_reduce.h"

namespace thrust {

template <class Iterator, class Type, class Binary>
Type reduce(const cuda::OnStream& policy, Iterator first, Iterator last, Type initial, Binary combine) {
  return transform_reduce(
      policy, first, last, [](const auto& value) { return value; }, initial, combine);
}

template <class Iterator, class Type>
Type reduce(const cuda::OnStream& policy, Iterator first, Iterator last, Type initial) {
  return reduce(policy, first, last, initial, plus<Type>{});
}

}  // namespace thrust
