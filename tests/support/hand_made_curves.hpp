// SPDX-License-Identifier: Apache-2.0
/// \file
/// Curves that no engine made, for the tests of what is written about curves.
#pragma once

#include <string>

#include "eigenlens/sweep.hpp"

namespace eigenlens::test {

/// One curve of this rank: alignment K/R, and values in the other columns that need all their digits.
Curve hand_made_curve(const Pretext& pretext, std::int64_t rank);
/// Five pretexts, one of each kind, at rank 20, as of 1 × 5 × 5 images.
SweepResult hand_made_result();
/// Plain reconstruction and masks of 1 × 1 and 2 × 2 at three ratios.
SweepResult hand_made_masking();

}  // namespace eigenlens::test
