// SPDX-License-Identifier: Apache-2.0
/// \file
/// What advice takes of the impact without labels: the one place where the two meet.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "eigenlens/device.hpp"
#include "eigenlens/moments.hpp"
#include "eigenlens/pretext.hpp"
#include "eigenlens/progress.hpp"
#include "eigenlens/sweep.hpp"

namespace eigenlens {

/// Facts of the data, and sin θ_max at K of every pretext (impact.hpp). Labels are not used.
struct MaxSines : ResultFacts {
  std::int64_t k = 0;
  std::vector<std::optional<double>> max_sin;  ///< nothing where the K-dimensional subspace is not determined
};

/// k = 0: advice_k of the rank.
MaxSines max_sines(const Moments& moments, const std::vector<Pretext>& pretexts, std::int64_t k, const Device& device,
                   const Progress& progress);

/// The latent dimension at which advice is given where nobody asked for one: a tenth of the rank, at least 1.
std::int64_t advice_k(std::int64_t rank);

}  // namespace eigenlens
