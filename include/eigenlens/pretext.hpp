// SPDX-License-Identifier: Apache-2.0
/// \file
/// What is done to the input before it is reconstructed (docs/math.md, section 3).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "eigenlens/dataset.hpp"
#include "eigenlens/export.hpp"

namespace eigenlens {

enum class PretextKind {
  reconstruct,  ///< plain autoencoder: PCA
  gaussian,     ///< isotropic noise of sigma global standard deviations
  mask,         ///< every group of pixels hidden with probability ratio, independently
  dropout,      ///< every coordinate hidden with probability ratio, independently
  keep,         ///< exactly keep_count groups kept (masked autoencoder)
  joint,        ///< no noise; the classes are learned beside the input, which weighs lambda (docs/math.md, (36))
};

/// Whether a patch covers all channels of its pixels or every channel is masked for itself.
enum class ChannelMode { together, separate };

struct EIGENLENS_API Pretext {
  PretextKind kind = PretextKind::reconstruct;
  std::int64_t patch_height = 1;
  std::int64_t patch_width = 1;
  ChannelMode channels = ChannelMode::together;
  double ratio = 0;             ///< mask, dropout: in [0, 1)
  double sigma = 0;             ///< gaussian: ≥ 0, in global standard deviations
  std::int64_t keep_count = 0;  ///< keep: in [1, number of groups]
  double lambda = 0;            ///< joint: in [0, ∞]; 0 and ∞ are limits

  [[nodiscard]] std::string to_string() const;  ///< the specification that gives this pretext back
  bool operator==(const Pretext&) const = default;
};

/// Parses `reconstruct`, `gaussian:sigma=S`, `mask:patch=P[xQ],ratio=R[,channels=separate]`, `dropout:ratio=R`,
/// `keep:patch=P[xQ],count=m[,channels=separate]`, `joint:lambda=L`. A value A:B:n stands for n values from A to B
/// (np.linspace), log:A:B:n for n values in equal ratios (np.geomspace): n pretexts. Throws Error(usage) that quotes
/// the specification and says what was expected.
EIGENLENS_API std::vector<Pretext> parse_pretext(const std::string& specification);

/// The group of every coordinate, numbered from 0 in order of first appearance; D entries. Patches are cut from the top
/// left corner; pixels that the patch does not divide form smaller patches at the right and bottom borders. Throws
/// Error(usage) if the patch is larger than the image.
EIGENLENS_API std::vector<std::int32_t> mask_groups(const Pretext& pretext, const ImageShape& shape);

}  // namespace eigenlens
