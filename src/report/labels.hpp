// SPDX-License-Identifier: Apache-2.0
/// \file
/// How curves and numbers are written for people.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "eigenlens/pretext.hpp"
#include "eigenlens/sweep.hpp"

namespace eigenlens {

/// 60000 as 60,000
std::string with_thousands(std::int64_t n);

/// The specifications, with ratios such as 0.7444444444444445 cut to four digits unless two would then look the same.
std::vector<std::string> labels_of(const std::vector<Pretext>& pretexts);

/// "Checked: largest residual …": one line about bases that have passed.
std::string checked_line(double largest_residual, double largest_orthogonality);
/// Of all that have checks: curves, points of a frontier.
template <class Checked>
std::string checked_line(const std::vector<Checked>& all) {
  double residual = 0, orthogonality = 0;
  for (const Checked& one : all) {
    residual = std::max(residual, one.checks.residual);
    orthogonality = std::max(orthogonality, one.checks.orthogonality);
  }
  return checked_line(residual, orthogonality);
}

/// "Computed on cuda:0 (NVIDIA H100 80GB HBM3)."; nothing where a result does not say.
std::string computed_on(const ResultFacts& facts);

}  // namespace eigenlens
