// SPDX-License-Identifier: Apache-2.0
/// \file
/// How strong a noise is: the four numbers by which it enters the pencil (docs/math.md, table of noises).
#pragma once

#include <cstdint>

#include "eigenlens/pretext.hpp"

namespace eigenlens {

/// A₁ = sG and S = τ(aG + bB): the pencil A₁A₁ᵀv = μSv is G²v = (μ/γ)(aG + bB)v with the gain γ = s²/τ.
struct Strength {
  double s = 1;
  double tau = 1;
  double a = 1;
  double b = 0;
  [[nodiscard]] double gain() const { return s * s / tau; }
};

/// Of P groups and N samples; B = I for gaussian, in units of the scaled data. Throws Error(usage) if keep asks for
/// more than P.
Strength strength_of(const Pretext& pretext, std::int64_t groups, std::int64_t samples);

}  // namespace eigenlens
