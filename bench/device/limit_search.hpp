// SPDX-License-Identifier: Apache-2.0
/// \file
/// Up to which size a routine is right.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "device/attempt.hpp"
#include "device/measured.hpp"

namespace eigenlens::bench {

/// A routine, and the sizes at which it is tried.
struct Routine {
  std::string name;
  std::string what;                 ///< of the size, in the table
  std::vector<std::int64_t> sizes;  ///< ascending; where 2³¹ is passed by one of its products there are two beside it
  std::int64_t step;                ///< sizes are multiples of it
  double power;                     ///< time grows as size to it
  double part;                      ///< of the time
  std::function<Trial(std::int64_t)> work;
  std::int64_t promised;  ///< the engine calls it up to here
  std::string constant;   ///< of eigen_choice.hpp; empty: none depends on it
};

/// Tries the routine's sizes up to `largest`, one after another, for `limit` seconds in all; what would take longer, by
/// the times of those before, is not tried. After the first that is wrong, refused or deadly the place is narrowed down
/// to a thirty-second of the size. Adds a table, a note, and a failure for what the engine would have called.
void find_limit(Report& report, const Routine& routine, double limit, std::int64_t largest);

}  // namespace eigenlens::bench
