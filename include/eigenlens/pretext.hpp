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
  coloured,     ///< Gaussian noise with a covariance from a file
  masks,        ///< masks, or their first and second moments, from files
  blocks,       ///< blocks of patches hidden until a share of all is (BEiT)
  multiblock,   ///< a large block shown but for several smaller ones (I-JEPA)
  grid,         ///< one of every n × n patches shown
  centre,       ///< the square in the middle hidden, or shown alone
  crop,         ///< a square at a random place shown alone
  joint,        ///< no noise; the classes are learned beside the input, which weighs lambda (docs/math.md, (36))
};

/// Whether a patch covers all channels of its pixels or every channel is masked for itself.
enum class ChannelMode { together, separate };

/// Where a grid begins: at each of its places with equal probability, or always at the top left patch.
enum class GridOffset { random, fixed };

/// Which side of a centre square is hidden.
enum class HiddenSide { inside, outside };

struct Interval {
  double low = 0;
  double high = 0;
  bool operator==(const Interval&) const = default;
};

/// What the built-in distributions of masks take (docs/masks.md); extents are in patches.
struct MaskSampler {
  std::int64_t smallest = 0;   ///< blocks: patches of a block, at least; 0: 16 of 196 as BEiT, scaled to the grid
  std::int64_t targets = 4;    ///< multiblock: blocks that are cut out
  Interval context{0.85, 1};   ///< multiblock: share of the patches in the large block
  Interval target{0.15, 0.2};  ///< multiblock: in each of those cut out
  Interval aspect{0.75, 1.5};  ///< multiblock: height / width of those
  std::int64_t every = 0;      ///< grid: n
  GridOffset offset = GridOffset::random;
  std::int64_t height = 0;                 ///< centre, crop: of the square
  std::int64_t width = 0;                  ///< centre, crop
  HiddenSide hidden = HiddenSide::inside;  ///< centre
  std::int64_t draws = 100000;             ///< blocks, multiblock: masks that are drawn
  std::int64_t seed = 1;                   ///< blocks, multiblock
  bool operator==(const MaskSampler&) const = default;
};

struct EIGENLENS_API Pretext {
  PretextKind kind = PretextKind::reconstruct;
  std::int64_t patch_height = 1;
  std::int64_t patch_width = 1;
  ChannelMode channels = ChannelMode::together;
  double ratio = 0;              ///< mask, dropout, blocks: in [0, 1)
  double sigma = 0;              ///< gaussian: ≥ 0, in global standard deviations
  std::int64_t keep_count = 0;   ///< keep: in [1, number of groups]
  double scale = 1;              ///< coloured: ≥ 0; the noise is multiplied by it, the covariance by its square
  std::string file = {};         ///< coloured: D × D covariance; masks: J × P masks, or P first moments
  std::string second_file = {};  ///< masks: P × P second moments; empty: `file` holds masks
  MaskSampler sampler = {};      ///< blocks, multiblock, grid, centre, crop
  double lambda = 0;             ///< joint: in [0, ∞]; 0 and ∞ are limits

  [[nodiscard]] std::string to_string() const;  ///< the specification that gives this pretext back
  bool operator==(const Pretext&) const = default;
};

/// Parses `reconstruct`, `gaussian:sigma=S`, `gaussian:covariance=FILE[,scale=S]`,
/// `mask:patch=P[xQ],ratio=R[,channels=separate]`, `dropout:ratio=R`, `keep:patch=P[xQ],count=m[,channels=separate]`,
/// `masks:FILE,patch=P[xQ]` or `masks:first=FILE,second=FILE,patch=P[xQ]`, the built-in distributions
/// `blocks:patch=P[xQ],ratio=R`, `multiblock:patch=P[xQ]`, `grid:patch=P[xQ],every=n`, `centre:patch=P[xQ],size=S[xT]`,
/// `crop:patch=P[xQ],size=S[xT]` with their further keys (docs/masks.md), and `joint:lambda=L`. A value A:B:n stands
/// for n values from A to B (np.linspace), log:A:B:n for n values in equal ratios (np.geomspace): n pretexts. Opens no
/// file. Throws Error(usage) that quotes the specification and says what was expected.
EIGENLENS_API std::vector<Pretext> parse_pretext(const std::string& specification);
/// All pretexts of some specifications, in order.
EIGENLENS_API std::vector<Pretext> parse_pretexts(const std::vector<std::string>& specifications);

/// The group of every coordinate, numbered from 0 in order of first appearance; D entries. Patches are cut from the top
/// left corner; pixels that the patch does not divide form smaller patches at the right and bottom borders. Throws
/// Error(usage) if the patch is larger than the image.
EIGENLENS_API std::vector<std::int32_t> mask_groups(const Pretext& pretext, const ImageShape& shape);

/// Everything that can be refused of a pretext before the samples are read: patches and blocks that do not fit the
/// image, files that are not there or are not what they should be. Cost: a covariance takes D³/3 flops. Throws
/// Error(usage), Error(io) or Error(data) naming the pretext, or the file and the entry.
EIGENLENS_API void require_fits(const Pretext& pretext, const ImageShape& shape);

/// True if the pretext needs second moments of the inputs, D × D, entry by entry: a covariance, or masks that are not
/// drawn group by group. Where the moments are those of the samples, N × N, it cannot be solved.
EIGENLENS_API bool needs_inputs(const Pretext& pretext) noexcept;

}  // namespace eigenlens
