// SPDX-License-Identifier: Apache-2.0
/// \file
/// Stands in for Thrust's header of this name: one after the other, once the stream has done all that was before.
#pragma once

#include "thrust/execution_policy.h"

namespace thrust {

template <class Iterator, class Unary, class Type, class Binary>
Type transform_reduce(const cuda::OnStream& policy, Iterator first, Iterator last, Unary transform, Type initial,
                      Binary combine) {
  Type total = initial;
  eigenlens::simulator::run_drained(policy.stream, [&] {
    for (Iterator it = first; !(it == last); ++it) total = combine(total, transform(*it));
  });
  return total;
}

}  // namespace thrust
