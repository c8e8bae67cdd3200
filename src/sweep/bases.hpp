// SPDX-License-Identifier: Apache-2.0
/// \file
/// Bases while they lie in the backend's memory: what impact, probe and bands are made of (docs/math.md, (85)).
#pragma once

#include <cstddef>
#include <functional>

#include "backend/backend.hpp"
#include "eigenlens/sweep.hpp"
#include "solve/family.hpp"
#include "solve/strengths.hpp"

namespace eigenlens {

/// One pretext's basis. Everything refers to memory that the next basis takes: copy what is to stay.
struct BasisView {
  std::size_t position;  ///< of the pretext, in the list that was asked for; they come family by family
  const Pretext& pretext;
  const Strength& strength;
  const SolvedBasis& basis;  ///< encoder E (R × D), targets T (R × C), μ and the sums over K
  Problem& problem;          ///< backend, G, centring, rank
  const Family& family;
};

using BasisVisitor = std::function<void(const BasisView&)>;

/// sweep(), with its plan and its errors, that shows every basis to `visitor` as soon as it has passed its checks. With
/// Outcome::encoders the bases have encoders: 2D² more numbers a lane, and 2D³ + R²D flops a strength. With
/// Outcome::rotations the problem also has its principal components, with Outcome::structures these and no bases: every
/// pretext is shown with an empty one. No visitor: sweep(). Where labels are unused, nothing that is made of them
/// counts (alignment may then be 0/0), and the workspace's scratch and vectors are the visitor's to write to.
SweepResult sweep_bases(const Moments& moments, const std::vector<Pretext>& pretexts, const Device& device,
                        const SweepOptions& options, Outcome outcome, const BasisVisitor& visitor,
                        Labels labels = Labels::needed);

}  // namespace eigenlens
