// SPDX-License-Identifier: Apache-2.0
#include "solve/second_moment.hpp"

#include <algorithm>
#include <numeric>

#include "backend/transfer.hpp"
#include "host/index.hpp"
#include "pretext/strength.hpp"

namespace eigenlens {

NoiseTable noise_table(const Pretext& pretext, const ImageShape& shape, std::int64_t samples) {
  NoiseTable noise;
  const std::int64_t d = shape.size();
  if (pretext.kind == PretextKind::coloured) {
    noise.how = Tabled::addends;
    noise.table = noise_covariance(pretext, shape);
    for (std::int64_t i = 0; i < noise.table.size(); ++i) noise.table.data()[i] *= static_cast<double>(samples);
    noise.first.assign(at(d), 1);
    noise.groups.resize(at(d));
    std::iota(noise.groups.begin(), noise.groups.end(), 0);
    return noise;
  }
  MaskMoments moments = mask_moments(pretext, shape);
  noise.groups = mask_groups(pretext, shape);
  for (const std::int32_t group : noise.groups) noise.first.push_back(moments.first[at(group)]);
  noise.table = std::move(moments.second);
  noise.draws = moments.draws;
  noise.first_error = moments.first_error;
  noise.second_error = moments.second_error;
  return noise;
}

void second_moment(Problem& p, const NoiseTable& noise, Matrix& s) {
  p.backend.tabled_gram(noise.how, p.g, noise.groups, uploaded(p.backend, noise.table), s);
}

void second_moment(Problem& p, const Pretext& pretext, Matrix& s) {
  const ImageShape& shape = p.centring.moments().shape;
  if (needs_inputs(pretext)) return second_moment(p, noise_table(pretext, shape, p.centring.count()), s);
  const std::vector<std::int32_t> groups = mask_groups(pretext, shape);
  const std::int64_t count = groups.empty() ? 0 : *std::max_element(groups.begin(), groups.end()) + 1;
  const Strength strength = strength_of(pretext, count, p.centring.count());
  const bool isotropic = pretext.kind == PretextKind::gaussian || pretext.kind == PretextKind::reconstruct;
  p.backend.masked_gram(p.g, isotropic ? std::span<const std::int32_t>() : std::span<const std::int32_t>(groups),
                        strength.tau * strength.a, strength.tau * strength.b, s);
}

}  // namespace eigenlens
