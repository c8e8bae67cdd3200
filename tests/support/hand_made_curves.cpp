// SPDX-License-Identifier: Apache-2.0
#include "support/hand_made_curves.hpp"

#include <cmath>

namespace eigenlens::test {
namespace {

SweepResult without_curves() {
  SweepResult result;
  result.dataset = "hand's \"made\"";
  result.count = 60000;
  result.shape = {1, 5, 5};
  result.classes = 10;
  result.rank = 20;
  result.constant_pixels = 5;
  result.global_std = 85.03 / 3;
  result.target_energy = 1.0 / 7;
  result.timings = {{"PCA", 0.1}, {"mask:patch=2", 1e-9}};
  return result;
}

}  // namespace

Curve hand_made_curve(const Pretext& pretext, std::int64_t rank) {
  Curve curve;
  curve.pretext = pretext;
  const double strength = pretext.ratio + pretext.sigma;
  for (std::int64_t k = 1; k <= rank; ++k) {
    const double share = static_cast<double>(k) / static_cast<double>(rank);
    curve.alignment.push_back(std::pow(share, 1 + strength / 4));
    curve.alignment_figure.push_back(100 * std::sqrt(share));
    curve.alignment_noisy.push_back(share / (3 + strength));
    curve.reconstruction_denoise.push_back(1 - share / 3);
    curve.reconstruction_clean.push_back(1 - share / 7);
    curve.reconstruction_refit.push_back(std::exp(-share) * 1e-17);
    curve.eigenvalues.push_back(1e10 / std::pow(static_cast<double>(k), 9));
    curve.relative_gap.push_back(k == rank ? 1 : 1.0 / static_cast<double>(k + 2));
  }
  curve.checks = {1e-14 / 3, 2e-13 / 3, 1e-6, rank, "by hand"};
  return curve;
}

SweepResult hand_made_result() {
  SweepResult result = without_curves();
  const Pretext pretexts[] = {{},
                              {.kind = PretextKind::gaussian, .sigma = 0.1},
                              {.kind = PretextKind::mask, .patch_height = 2, .patch_width = 3, .ratio = 2.0 / 3},
                              {.kind = PretextKind::dropout, .ratio = 0.5},
                              {.kind = PretextKind::keep,
                               .patch_height = 2,
                               .patch_width = 2,
                               .channels = ChannelMode::separate,
                               .keep_count = 3}};
  for (const Pretext& pretext : pretexts) result.curves.push_back(hand_made_curve(pretext, 20));
  return result;
}

SweepResult hand_made_masking() {
  SweepResult result = without_curves();
  result.curves.push_back(hand_made_curve({}, 20));
  for (const std::int64_t patch : {1, 2})
    for (const double ratio : {0.25, 0.5, 0.75})
      result.curves.push_back(hand_made_curve(
          {.kind = PretextKind::mask, .patch_height = patch, .patch_width = patch, .ratio = ratio}, 20));
  return result;
}

}  // namespace eigenlens::test
