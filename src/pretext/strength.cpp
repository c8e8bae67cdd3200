// SPDX-License-Identifier: Apache-2.0
#include "pretext/strength.hpp"

#include <fmt/format.h>

#include "eigenlens/error.hpp"

namespace eigenlens {
namespace {

Strength bernoulli(double ratio) {
  const double s = 1 - ratio;
  return {.s = s, .tau = s * s, .a = 1, .b = ratio / s};
}

/// Exactly m of P groups kept: E[mask_g] = m/P, E[mask_g mask_h] = m(m − 1)/(P(P − 1)) for g ≠ h.
Strength exact_count(double m, double p) {
  const double s = m / p;
  if (m == p) return {};
  if (m == 1) return {.s = s, .tau = s, .a = 0, .b = 1};
  return {.s = s, .tau = m * (m - 1) / (p * (p - 1)), .a = 1, .b = (p - m) / (m - 1)};
}

}  // namespace

Strength strength_of(const Pretext& pretext, std::int64_t groups, std::int64_t samples) {
  switch (pretext.kind) {
    case PretextKind::reconstruct:
      return {};
    case PretextKind::gaussian:
      return {.s = 1, .tau = 1, .a = 1, .b = static_cast<double>(samples) * pretext.sigma * pretext.sigma};
    case PretextKind::mask:
    case PretextKind::dropout:
      return bernoulli(pretext.ratio);
    case PretextKind::keep:
      break;
  }
  if (pretext.keep_count < 1 || pretext.keep_count > groups)
    throw Error(ErrorCode::usage,
                fmt::format("pretext '{}': count={} is outside [1, {}], the number of patches of this image",
                            pretext.to_string(), pretext.keep_count, groups));
  return exact_count(static_cast<double>(pretext.keep_count), static_cast<double>(groups));
}

}  // namespace eigenlens
