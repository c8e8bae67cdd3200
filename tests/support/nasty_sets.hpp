// SPDX-License-Identifier: Apache-2.0
/// \file
/// Small data sets with everything that makes spectra awkward, and pretexts to try on them.
#pragma once

#include <string>
#include <vector>

#include "eigenlens/pretext.hpp"
#include "support/samples.hpp"

namespace eigenlens::test {

struct NastySet {
  std::string name;
  Samples samples;
  ScalarType scalar = ScalarType::uint8;
  std::int64_t rank = 0;             ///< known from how the set is made
  std::int64_t constant_pixels = 0;  ///< likewise
};

/// The seed of every one of them, for messages.
inline constexpr std::uint64_t nasty_seed = 61803398;

const std::vector<NastySet>& nasty_sets();

/// Specifications of every kind that fit the shape: weak, strong and degenerate strengths, patches that do not divide
/// the image, one patch that is the image.
std::vector<std::string> specifications_for(const ImageShape& shape);

}  // namespace eigenlens::test
