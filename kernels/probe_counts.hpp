// SPDX-License-Identifier: Apache-2.0
/// \file
/// What a linear classifier with k = 1 … R features says of samples, for every k: (71), (73) and (74) of docs/math.md.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/host_device.hpp"
#include "kernels/launch.hpp"

namespace eigenlens::kernels {

/// Samples that one block adds up.
inline constexpr std::int64_t probe_samples = 8;
/// Threads that share the classes of a sample, and the classes that one of them can hold in registers.
inline constexpr std::int64_t class_lanes = 16;
inline constexpr std::int64_t most_held = 8;

EIGENLENS_HOST_DEVICE inline std::int64_t probe_blocks(std::int64_t samples) {
  return (samples + probe_samples - 1) / probe_samples;
}

/// Logits that do not fit registers: the doubles of the room for them.
EIGENLENS_HOST_DEVICE inline std::int64_t logits_in_memory(std::int64_t classes, std::int64_t samples) {
  return classes > class_lanes * most_held ? classes * samples : 0;
}

/// A logit with one more feature. Always one rounding, wherever it is computed: equal logits stay equal.
EIGENLENS_HOST_DEVICE inline double next_logit(double logit, double target, double feature) {
  return std::fma(target, feature, logit);
}

/// Whether class c is before the sample's own: a larger logit, or the same and a lower class.
EIGENLENS_HOST_DEVICE inline bool better_class(double logit, std::int64_t c, double own, std::int64_t label) {
  return logit > own || (logit == own && c < label);
}

struct ProbeOperands {
  std::int64_t features;       ///< R
  std::int64_t classes;        ///< C
  std::int64_t samples;        ///< b
  const double* f;             ///< R × b
  const double* t;             ///< R × C
  const double* prior;         ///< C
  const std::int32_t* labels;  ///< b, in [0, C)
  double* logits;              ///< logits_in_memory(C, b) doubles
};

/// sums (R × 4): of samples whose class is first, or among the first five, and Σ e and Σ e² with e = ‖logits −
/// one-hot‖², for every k. partial: 4·R·probe_blocks(b) doubles.
Status probe_counts(const ProbeOperands& operands, double* partial, double* sums, Stream stream);

}  // namespace eigenlens::kernels
