// SPDX-License-Identifier: Apache-2.0
#include "sweep/advice_impact.hpp"

#include "eigenlens/impact.hpp"

namespace eigenlens {

MaxSines max_sines(const Moments& moments, const std::vector<Pretext>& pretexts, std::int64_t k, const Device& device,
                   const Progress& progress) {
  MaxSines sines;
  sines.k = k;
  if (k == 0) {  // a tenth of what only the principal components tell
    ImpactOptions quick;
    quick.depth = ImpactDepth::couplings;
    sines.k = advice_k(impact(moments, {Pretext{}}, device, quick).rank);
  }
  ImpactOptions options;
  options.k = std::vector<std::int64_t>{sines.k};
  options.progress = progress;
  const ImpactResult result = impact(moments, pretexts, device, options);
  static_cast<ResultFacts&>(sines) = result;
  for (const NoiseImpact& noise : result.impacts)
    sines.max_sin.push_back(result.determined(noise, sines.k) ? std::optional(noise.max_sin.front()) : std::nullopt);
  return sines;
}

}  // namespace eigenlens
