// SPDX-License-Identifier: Apache-2.0
/// \file
/// Samples in the coordinates of the principal directions, and their bands (docs/math.md, (75) to (77)).
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "backend/backend.hpp"
#include "eigenlens/bands.hpp"

namespace eigenlens {

/// Works on a device, some samples at a time; D × R numbers of its memory, and three times D × b.
class BandProjector {
 public:
  /// It refers to its arguments.
  BandProjector(const PrincipalDirections& principal, Backend& backend);

  /// Samples that are worked on at a time, b.
  [[nodiscard]] std::int64_t chunk() const noexcept { return chunk_; }
  /// Samples first … first + count − 1 of a batch, at most chunk() of them, as numbers: D × count.
  [[nodiscard]] DenseF64 values(const Batch& batch, std::int64_t first, std::int64_t count) const;
  /// (75) and (76): x̄ + P_K P_Kᵀ(x − x̄) for top bands, x − P_K P_Kᵀ(x − x̄) for bottom bands; samples of D × b.
  [[nodiscard]] DenseF64 band(const DenseF64& samples, const BandCut& cut);
  /// Features of unit energy, q_k = p_kᵀ(x − x̄)/(s_X √λ_k): R × b.
  [[nodiscard]] DenseF64 features(const DenseF64& samples);

 private:
  /// P_K P_Kᵀ(x − x̄)
  [[nodiscard]] DenseF64 projected(const DenseF64& samples, std::int64_t leading);
  [[nodiscard]] Matrix deviations(const DenseF64& samples);

  const PrincipalDirections& principal_;
  Backend& backend_;
  std::int64_t chunk_;
  Matrix directions_;  ///< P, D × R
};

/// Throws Error(usage) unless the set has samples of the shape that the directions are of.
void require_same_shape(const PrincipalDirections& principal, const DatasetInfo& info);

}  // namespace eigenlens
