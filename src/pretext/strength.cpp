// SPDX-License-Identifier: Apache-2.0
#include "pretext/strength.hpp"

#include <fmt/format.h>

#include <cmath>

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

/// Pretexts built by hand have not passed through the parser.
void require_range(const Pretext& pretext, const char* name, double value, bool inside, const char* range) {
  if (!inside)
    throw Error(ErrorCode::usage,
                fmt::format("pretext '{}': {}={} is outside {}", pretext.to_string(), name, value, range));
}

}  // namespace

Strength strength_of(const Pretext& pretext, std::int64_t groups, std::int64_t samples) {
  switch (pretext.kind) {
    case PretextKind::reconstruct:
      return {};
    case PretextKind::gaussian:
      require_range(pretext, "sigma", pretext.sigma, pretext.sigma >= 0 && pretext.sigma <= 1e100, "[0, 1e100]");
      return {.s = 1, .tau = 1, .a = 1, .b = static_cast<double>(samples) * pretext.sigma * pretext.sigma};
    case PretextKind::mask:
    case PretextKind::dropout:
      require_range(pretext, "ratio", pretext.ratio, pretext.ratio >= 0 && pretext.ratio < 1, "[0, 1)");
      return bernoulli(pretext.ratio);
    case PretextKind::joint:
      require_range(pretext, "lambda", pretext.lambda, pretext.lambda >= 0, "[0, inf]");
      return {};
    case PretextKind::keep:
      break;
    default:  // its second moments are a table, not two numbers
      return {};
  }
  if (pretext.keep_count < 1 || pretext.keep_count > groups)
    throw Error(ErrorCode::usage,
                fmt::format("pretext '{}': count={} is outside [1, {}], the number of patches of this image",
                            pretext.to_string(), pretext.keep_count, groups));
  return exact_count(static_cast<double>(pretext.keep_count), static_cast<double>(groups));
}

}  // namespace eigenlens
