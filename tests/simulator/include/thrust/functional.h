// SPDX-License-Identifier: Apache-2.0
/// \file
/// Stands in for Thrust's header of this name.
#pragma once

#include <functional>

namespace thrust {

using std::multiplies;
using std::plus;

template <class Type = void>
struct maximum {
  constexpr Type operator()(const Type& a, const Type& b) const { return a < b ? b : a; }
};

template <class Type = void>
struct minimum {
  constexpr Type operator()(const Type& a, const Type& b) const { return b < a ? b : a; }
};

}  // namespace thrust
