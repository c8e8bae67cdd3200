// SPDX-License-Identifier: Apache-2.0
/// \file
/// What a distribution of masks does to second moments: with what probability a patch is shown, and two patches
/// together (docs/math.md, (45) to (47)).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "eigenlens/dense.hpp"
#include "eigenlens/export.hpp"
#include "eigenlens/pretext.hpp"

namespace eigenlens {

/// Standard errors of estimated probabilities.
struct SamplingError {
  double largest = 0;
  double root_mean_square = 0;  ///< over all entries
};

/// Of a distribution of masks over P patches.
struct MaskMoments {
  std::vector<double> first;  ///< P: probability that a patch is shown
  DenseF64 second;            ///< P × P: that both are; its diagonal is `first`
  std::int64_t draws = 0;     ///< masks that were counted; 0: exact
  SamplingError first_error;  ///< √(p(1 − p)/J): 0 where exact
  SamplingError second_error;
};

/// True for masks, blocks, multiblock, grid, centre and crop.
EIGENLENS_API bool has_mask_moments(PretextKind kind) noexcept;

/// Exact for grid, centre and crop, and as the files have them; else counted over sampler.draws masks, the same bits on
/// every machine. Cost: draws·P² / 128 words. Errors: those of require_fits.
EIGENLENS_API MaskMoments mask_moments(const Pretext& pretext, const ImageShape& shape);

/// `count` masks, one a column of P (1: shown), of a pretext that has mask moments; of a file of masks its first.
/// Throws Error(usage) for files of moments, and where a file has fewer.
EIGENLENS_API Dense<std::uint8_t> draw_masks(const Pretext& pretext, const ImageShape& shape, std::int64_t count);

/// Writes masks, one a column, as a .npy of uint8, one a row: what `masks:FILE` reads. Throws Error(io).
EIGENLENS_API void save_masks(const Dense<std::uint8_t>& masks, const std::string& path);

/// The covariance of coloured noise, D × D, times scale²: in squared global standard deviations. Errors: those of
/// require_fits.
EIGENLENS_API DenseF64 noise_covariance(const Pretext& pretext, const ImageShape& shape);

}  // namespace eigenlens
