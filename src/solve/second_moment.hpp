// SPDX-License-Identifier: Apache-2.0
/// \file
/// What a pretext does to second moments, entry by entry of G (docs/math.md, (11), (45) and (46)).
#pragma once

#include <cstdint>
#include <vector>

#include "eigenlens/dense.hpp"
#include "eigenlens/mask_moments.hpp"
#include "solve/family.hpp"

namespace eigenlens {

/// A noise whose S is no aG + bB: a table over pairs of groups. A₁ = diag(first)·G.
struct NoiseTable {
  Tabled how = Tabled::factors;      ///< S = E∘G, or S = G + NΣ
  std::vector<double> first;         ///< D: probability that a coordinate is shown; 1 where noise is added
  std::vector<std::int32_t> groups;  ///< D, in [0, P)
  DenseF64 table;                    ///< P × P: E over patches; D × D: NΣ
  std::int64_t draws = 0;            ///< masks by which E was estimated; 0: exact
  SamplingError first_error{}, second_error{};
};

/// Of a pretext for which needs_inputs() holds; N samples. Errors and cost: those of mask_moments and noise_covariance.
NoiseTable noise_table(const Pretext& pretext, const ImageShape& shape, std::int64_t samples);

/// S (D × D, both triangles) from the entries of G.
void second_moment(Problem& problem, const NoiseTable& noise, Matrix& s);

/// The same of any pretext: τ(aG + bB), E∘G or G + NΣ. Errors: those of strength_of and noise_table.
void second_moment(Problem& problem, const Pretext& pretext, Matrix& s);

}  // namespace eigenlens
