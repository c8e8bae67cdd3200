// SPDX-License-Identifier: Apache-2.0
/// \file
/// Accuracy of a linear classifier on held-out samples, for every latent dimension K (docs/math.md, (71) to (74)).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "eigenlens/dataset.hpp"
#include "eigenlens/device.hpp"
#include "eigenlens/export.hpp"
#include "eigenlens/moments.hpp"
#include "eigenlens/pretext.hpp"
#include "eigenlens/sweep.hpp"

namespace eigenlens {

/// Opens the test set at its first sample; called once for every pass over it (ProbeFacts::passes).
using TestSet = std::function<std::unique_ptr<Dataset>()>;

struct ProbeOptions {
  /// α ≥ 0 of the loss (1/N)‖Wᵀx − Y‖² + α‖W‖², W the map from centred inputs in global standard deviations to logits:
  /// α = 1 weighs as much as the mean variance of an input. 0: least squares.
  double ridge = 0;
  SweepOptions sweep;
};

/// The curves of sweep(), each with its `probe`: least squares (or ridge regression) of the one-hot labels on the first
/// K features, with intercept, trained on the moments and read on the test set, for every K from one encoder (71) to
/// (74), (86) to (88). Inputs that are constant in training count for nothing in the test set.
/// Cost: that of a sweep with encoders; then 2·D·R + 4·R·C flops a test sample and pretext. The test set is read once
/// if the encoders of all pretexts fit the memory (plan_sweep with Outcome::probe), else once for as many as do.
/// Errors: those of sweep; usage (ridge negative or not finite; 8-bit moments with a float test set, or the other way
/// round), data (another shape or other class names, labels outside [0, C), an empty set, NaN, or another number of
/// samples in a later pass).
EIGENLENS_API SweepResult probe(const Moments& moments, const std::vector<Pretext>& pretexts, const TestSet& test_set,
                                const Device& device, const ProbeOptions& options = {});

/// Where a share lies with 95 % confidence.
struct ConfidenceInterval {
  double low = 0;
  double high = 1;
};

/// Wilson's score interval of a share of which `correct` of `count` ≥ 1 independent samples were seen: (89).
EIGENLENS_API ConfidenceInterval accuracy_interval(std::int64_t correct, std::int64_t count);

/// The smallest K whose accuracy on `count` samples lies in the interval of the best K's: (90). top1 is not empty.
EIGENLENS_API std::int64_t smallest_sufficient_k(const std::vector<std::int64_t>& top1, std::int64_t count);

}  // namespace eigenlens
