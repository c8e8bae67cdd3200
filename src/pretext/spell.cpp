// SPDX-License-Identifier: Apache-2.0
// The specification of a pretext: parse_pretext gives the same pretext back.
#include <fmt/format.h>

#include "eigenlens/pretext.hpp"

namespace eigenlens {
namespace {

std::string extents(std::int64_t height, std::int64_t width) {
  return height == width ? fmt::format("{}", height) : fmt::format("{}x{}", height, width);
}

std::string interval(const char* key, const Interval& value, const Interval& absent) {
  return value == absent ? "" : fmt::format(",{}={}-{}", key, value.low, value.high);
}

std::string number(const char* key, std::int64_t value, std::int64_t absent) {
  return value == absent ? "" : fmt::format(",{}={}", key, value);
}

/// Keys that a specification may leave out are left out.
std::string options_of(const Pretext& pretext) {
  const MaskSampler& s = pretext.sampler;
  const MaskSampler absent;
  const std::string draws = number("draws", s.draws, absent.draws) + number("seed", s.seed, absent.seed);
  switch (pretext.kind) {
    case PretextKind::blocks:
      return fmt::format(",ratio={}", pretext.ratio) + number("smallest", s.smallest, absent.smallest) + draws;
    case PretextKind::multiblock:
      return interval("context", s.context, absent.context) + interval("target", s.target, absent.target) +
             interval("aspect", s.aspect, absent.aspect) + number("targets", s.targets, absent.targets) + draws;
    case PretextKind::grid:
      return fmt::format(",every={}{}", s.every, s.offset == GridOffset::fixed ? ",offset=fixed" : "");
    case PretextKind::centre:
    case PretextKind::crop:
      return fmt::format(",size={}{}", extents(s.height, s.width),
                         s.hidden == HiddenSide::outside ? ",hide=outside" : "");
    default:
      return {};
  }
}

}  // namespace

std::string Pretext::to_string() const {
  const std::string patch = extents(patch_height, patch_width);
  const char* separate = channels == ChannelMode::separate ? ",channels=separate" : "";
  switch (kind) {
    case PretextKind::reconstruct:
      return "reconstruct";
    case PretextKind::gaussian:
      return fmt::format("gaussian:sigma={}", sigma);
    case PretextKind::mask:
      return fmt::format("mask:patch={},ratio={}{}", patch, ratio, separate);
    case PretextKind::dropout:
      return fmt::format("dropout:ratio={}", ratio);
    case PretextKind::keep:
      return fmt::format("keep:patch={},count={}{}", patch, keep_count, separate);
    case PretextKind::joint:
      return fmt::format("joint:lambda={}", lambda);
    case PretextKind::coloured:
      return fmt::format("gaussian:covariance={}{}", file, scale == 1 ? "" : fmt::format(",scale={}", scale));
    case PretextKind::masks:
      return (second_file.empty() ? fmt::format("masks:file={}", file)
                                  : fmt::format("masks:first={},second={}", file, second_file)) +
             fmt::format(",patch={}{}", patch, separate);
    case PretextKind::blocks:
      return fmt::format("blocks:patch={}{}", patch, options_of(*this));
    case PretextKind::multiblock:
      return fmt::format("multiblock:patch={}{}", patch, options_of(*this));
    case PretextKind::grid:
      return fmt::format("grid:patch={}{}", patch, options_of(*this));
    case PretextKind::centre:
      return fmt::format("centre:patch={}{}", patch, options_of(*this));
    case PretextKind::crop:
      return fmt::format("crop:patch={}{}", patch, options_of(*this));
  }
  return "unknown";
}

}  // namespace eigenlens
