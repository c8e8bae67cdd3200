// SPDX-License-Identifier: Apache-2.0
#include "eigenlens/mask_moments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "eigenlens/error.hpp"
#include "host/index.hpp"
#include "pretext/mask_sampler.hpp"
#include "pretext/moment_files.hpp"

namespace eigenlens {
namespace {

/// Counts in how many masks a patch is shown, and two patches together: 64 masks at a time, a bit each.
class MaskCounter {
 public:
  explicit MaskCounter(std::int64_t patches) : words_(at(patches)), both_(patches, patches) {}

  void add(const std::uint8_t* mask) {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] = words_[i] << 1 | mask[i];
    if (++count_ % 64 == 0) flush();
  }

  /// The moments of all that was added, exact but for one division each.
  MaskMoments finish() {
    flush();
    const std::int64_t patches = both_.rows();
    const auto n = static_cast<double>(count_);
    MaskMoments moments;
    moments.second = DenseF64(patches, patches);
    moments.draws = count_;
    for (std::int64_t j = 0; j < patches; ++j) {
      moments.first.push_back(static_cast<double>(both_(j, j)) / n);
      for (std::int64_t i = j; i < patches; ++i)
        moments.second(i, j) = moments.second(j, i) = static_cast<double>(both_(i, j)) / n;
    }
    return moments;
  }

 private:
  void flush() {
    const auto patches = static_cast<std::int64_t>(words_.size());
    for (std::int64_t j = 0; j < patches; ++j) {
      if (words_[at(j)] == 0) continue;
      for (std::int64_t i = j; i < patches; ++i) both_(i, j) += std::popcount(words_[at(i)] & words_[at(j)]);
    }
    std::fill(words_.begin(), words_.end(), 0);
  }

  std::vector<std::uint64_t> words_;  // of every patch, the masks since the last flush
  DenseI64 both_;                     // lower triangle
  std::int64_t count_ = 0;
};

/// √(p(1 − p)/J) over all of them: what the mean of J independent draws of 0 or 1 is off by.
SamplingError sampling_error(const double* shares, std::int64_t count, std::int64_t draws) {
  SamplingError error;
  for (std::int64_t i = 0; i < count; ++i) {
    const double variance = shares[i] * (1 - shares[i]) / static_cast<double>(draws);
    error.largest = std::max(error.largest, std::sqrt(variance));
    error.root_mean_square += variance / static_cast<double>(count);
  }
  error.root_mean_square = std::sqrt(error.root_mean_square);
  return error;
}

[[noreturn]] void refuse(const Pretext& pretext, const std::string& reason) {
  throw Error(ErrorCode::usage, fmt::format("pretext '{}': {}", pretext.to_string(), reason));
}

/// Pretexts built by hand have not passed through the parser.
void require_sampler(const Pretext& pretext, const PatchGrid& grid) {
  const MaskSampler& s = pretext.sampler;
  const std::string size = fmt::format("{} x {} patches (height x width)", grid.rows, grid.cols);
  if (pretext.kind == PretextKind::grid && (s.every < 1 || s.every > std::min(grid.rows, grid.cols)))
    refuse(pretext, fmt::format("every={} does not fit an image of {}: some masks would show nothing", s.every, size));
  if ((pretext.kind == PretextKind::centre || pretext.kind == PretextKind::crop) &&
      (s.height < 1 || s.width < 1 || s.height > grid.rows || s.width > grid.cols))
    refuse(pretext, fmt::format("size={}x{} does not fit an image of {}", s.height, s.width, size));
  if (pretext.kind == PretextKind::centre && s.hidden == HiddenSide::inside && s.height == grid.rows &&
      s.width == grid.cols)
    refuse(pretext, fmt::format("hiding {}x{} hides the whole image of {}", s.height, s.width, size));
  if (pretext.kind != PretextKind::blocks && pretext.kind != PretextKind::multiblock) return;
  if (s.draws < 2) refuse(pretext, fmt::format("draws={} is not at least 2", s.draws));
  if (pretext.kind == PretextKind::blocks && !(pretext.ratio >= 0 && pretext.ratio < 1))
    refuse(pretext, fmt::format("ratio={} is outside [0, 1)", pretext.ratio));
  if (pretext.kind == PretextKind::blocks && s.smallest > grid.size())
    refuse(pretext, fmt::format("smallest={} does not fit an image of {}", s.smallest, size));
  const auto inside = [](const Interval& i, double most) { return i.low > 0 && i.low <= i.high && i.high <= most; };
  if (!inside(s.context, 1) || !inside(s.target, 1) || !inside(s.aspect, 100) || s.targets < 1 || s.targets > 1000)
    refuse(pretext, "context, target, aspect or targets is out of range");
}

/// The grid of patches of an image, once the pretext is known to fit it.
PatchGrid fitting_grid(const Pretext& pretext, const ImageShape& shape) {
  (void)mask_groups(pretext, shape);
  const PatchGrid grid = patch_grid(pretext, shape);
  require_sampler(pretext, grid);
  return grid;
}

std::int64_t patches_of(const Pretext& pretext, const ImageShape& shape) {
  return fitting_grid(pretext, shape).size() * (pretext.channels == ChannelMode::separate ? shape.channels : 1);
}

MaskMoments moments_from_files(const Pretext& pretext, std::int64_t patches) {
  if (pretext.second_file.empty()) {
    const Dense<std::uint8_t> masks = read_masks(pretext.file, patches);
    MaskCounter counter(patches);
    for (std::int64_t j = 0; j < masks.cols(); ++j) counter.add(masks.col(j));
    return counter.finish();
  }
  MaskMoments moments;
  moments.first = read_first_moments(pretext.file, patches);
  moments.second = read_second_moments(pretext.second_file, moments.first, pretext.file);
  return moments;
}

MaskMoments moments_of(const Pretext& pretext, const ImageShape& shape) {
  if (pretext.kind == PretextKind::masks) return moments_from_files(pretext, patches_of(pretext, shape));
  const PatchGrid grid = fitting_grid(pretext, shape);
  MaskCounter counter(grid.size());
  if (pretext.kind == PretextKind::blocks || pretext.kind == PretextKind::multiblock) {
    MaskSampling sampling(pretext, grid);
    for (std::int64_t j = 0; j < pretext.sampler.draws; ++j) counter.add(sampling.next().data());
    return counter.finish();
  }
  for (std::int64_t i = 0; i < mask_count(pretext, grid); ++i) counter.add(mask_at(pretext, grid, i).data());
  MaskMoments moments = counter.finish();
  moments.draws = 0;
  return moments;
}

}  // namespace

bool has_mask_moments(PretextKind kind) noexcept {
  switch (kind) {
    case PretextKind::masks:
    case PretextKind::blocks:
    case PretextKind::multiblock:
    case PretextKind::grid:
    case PretextKind::centre:
    case PretextKind::crop:
      return true;
    default:
      return false;
  }
}

bool needs_inputs(const Pretext& pretext) noexcept {
  return pretext.kind == PretextKind::coloured || has_mask_moments(pretext.kind);
}

MaskMoments mask_moments(const Pretext& pretext, const ImageShape& shape) {
  if (!has_mask_moments(pretext.kind)) refuse(pretext, "its masks have no table of moments");
  MaskMoments moments = moments_of(pretext, shape);
  if (std::all_of(moments.first.begin(), moments.first.end(), [](double p) { return p == 0; }))
    refuse(pretext, "its masks hide everything, always");
  if (moments.draws > 0) {
    const auto patches = static_cast<std::int64_t>(moments.first.size());
    moments.first_error = sampling_error(moments.first.data(), patches, moments.draws);
    moments.second_error = sampling_error(moments.second.data(), moments.second.size(), moments.draws);
  }
  return moments;
}

Dense<std::uint8_t> draw_masks(const Pretext& pretext, const ImageShape& shape, std::int64_t count) {
  if (!has_mask_moments(pretext.kind) || !pretext.second_file.empty())
    refuse(pretext, "it has moments of masks, but no masks to draw");
  if (pretext.kind == PretextKind::masks) {
    const Dense<std::uint8_t> all = read_masks(pretext.file, patches_of(pretext, shape));
    if (count > all.cols()) refuse(pretext, fmt::format("{} masks are wanted, the file has {}", count, all.cols()));
    Dense<std::uint8_t> masks(all.rows(), count);
    std::copy_n(all.data(), masks.size(), masks.data());
    return masks;
  }
  const PatchGrid grid = fitting_grid(pretext, shape);
  Dense<std::uint8_t> masks(grid.size(), count);
  if (pretext.kind == PretextKind::blocks || pretext.kind == PretextKind::multiblock) {
    MaskSampling sampling(pretext, grid);
    for (std::int64_t j = 0; j < count; ++j) std::copy_n(sampling.next().data(), masks.rows(), masks.col(j));
    return masks;
  }
  const auto all = static_cast<std::uint64_t>(mask_count(pretext, grid));
  std::mt19937_64 engine(static_cast<std::uint64_t>(pretext.sampler.seed));
  for (std::int64_t j = 0; j < count; ++j) {
    const auto index = static_cast<std::int64_t>((engine() >> 32) * all >> 32);
    std::copy_n(mask_at(pretext, grid, index).data(), masks.rows(), masks.col(j));
  }
  return masks;
}

DenseF64 noise_covariance(const Pretext& pretext, const ImageShape& shape) {
  if (pretext.kind != PretextKind::coloured) refuse(pretext, "it has no covariance from a file");
  if (!(pretext.scale >= 0 && pretext.scale <= 1e50))
    refuse(pretext, fmt::format("scale={} is outside [0, 1e50]", pretext.scale));
  DenseF64 covariance = read_covariance(pretext.file, shape.size());
  for (std::int64_t i = 0; i < covariance.size(); ++i) covariance.data()[i] *= pretext.scale * pretext.scale;
  return covariance;
}

void require_fits(const Pretext& pretext, const ImageShape& shape) {
  if (pretext.kind == PretextKind::coloured) {
    (void)noise_covariance(pretext, shape);
  } else if (pretext.kind == PretextKind::masks) {
    (void)mask_moments(pretext, shape);
  } else if (has_mask_moments(pretext.kind)) {
    (void)fitting_grid(pretext, shape);
  } else if (pretext.kind == PretextKind::mask || pretext.kind == PretextKind::keep) {
    (void)mask_groups(pretext, shape);
  }
}

}  // namespace eigenlens
