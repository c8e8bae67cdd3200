// SPDX-License-Identifier: Apache-2.0
/// \file
/// What is right: every curve computed slowly and obviously from explicit N × D data, in long double, with plain loops.
/// Nothing here uses the engine (docs/math.md, sections 1, 3 and 4).
#pragma once

#include <cstdint>
#include <vector>

#include "eigenlens/pretext.hpp"
#include "support/naive_algebra.hpp"
#include "support/samples.hpp"

namespace eigenlens::test {

/// Centred data divided by one standard deviation over all coordinates; one-hot targets.
struct ReferenceData {
  ImageShape shape;
  RealMatrix x;                    ///< D × N
  RealMatrix y;                    ///< C × N, not centred
  RealMatrix gram;                 ///< XXᵀ
  RealMatrix cross;                ///< XYᵀ
  std::vector<Real> class_counts;  ///< C
  Real global_std = 0;
  std::vector<Real> gram_eigenvalues;  ///< descending
  std::int64_t rank = 0;
};
ReferenceData reference_data(const Samples& samples);

/// cond(G) on its range: the share of the targets that all directions explain together is known to ε·cond(G), no
/// better.
double data_condition(const ReferenceData& data);

/// The group of every coordinate: the patch that (row, column) falls in, of each channel or of all.
std::vector<std::int32_t> naive_groups(const Pretext& pretext, const ImageShape& shape);

/// What noise does to the second moments, pair by pair.
struct NoiseMoments {
  std::vector<Real> first;  ///< E[m_i]: E[X̃] = diag(first)·X
  RealMatrix a1;            ///< E[X̃]Xᵀ
  RealMatrix s;             ///< E[X̃X̃ᵀ]
};
NoiseMoments noise_moments(const ReferenceData& data, const Pretext& pretext);

/// Entry K − 1 is latent dimension K, up to the rank of the data.
struct ReferenceCurve {
  std::vector<Real> eigenvalues;
  std::vector<Real> alignment;
  std::vector<Real> alignment_figure;
  std::vector<Real> alignment_noisy;
  std::vector<Real> denoise;
  std::vector<Real> clean;
  std::vector<Real> refit;
  RealMatrix vectors;  ///< V, D × R, VᵀSV = I
};
ReferenceCurve reference_curve(const ReferenceData& data, const Pretext& pretext);
/// Of any noise, up to the rank that its representation has.
ReferenceCurve reference_curve(const ReferenceData& data, const NoiseMoments& noise, std::int64_t rank);

/// Of masks that are all equally likely, patches numbered by `groups`: means over them, one after the other.
NoiseMoments noise_of_masks(const ReferenceData& data, const std::vector<std::int32_t>& groups,
                            const std::vector<std::vector<std::uint8_t>>& masks);

/// Share of the centred targets that is linear in the input: ‖YQ‖² / ‖Y − ȳ‖².
Real reference_target_energy(const ReferenceData& data);

}  // namespace eigenlens::test
