// SPDX-License-Identifier: Apache-2.0
#include "report/html_noise.hpp"

#include <fmt/format.h>

namespace eigenlens {
namespace {

/// "4×4 patches", "single pixels"
std::string pieces(const Pretext& pretext) {
  return pretext.patch_height == 1 && pretext.patch_width == 1
             ? "single pixels"
             : fmt::format("{}×{} patches", pretext.patch_height, pretext.patch_width);
}

}  // namespace

std::string family_of(const Pretext& pretext) {
  const std::string apart = pretext.channels == ChannelMode::separate ? ", each channel for itself" : "";
  switch (pretext.kind) {
    case PretextKind::reconstruct:
      return no_noise_family;
    case PretextKind::gaussian:
      return "Gaussian noise";
    case PretextKind::mask:
      return pieces(pretext) + " hidden" + apart;
    case PretextKind::dropout:
      return "single values hidden";
    case PretextKind::keep:
      return "a fixed number of " + pieces(pretext) + " kept" + apart;
    case PretextKind::coloured:
      return "Gaussian noise, covariance from a file";
    case PretextKind::masks:
      return "masks from a file, " + pieces(pretext) + apart;
    case PretextKind::blocks:
      return "blocks of " + pieces(pretext) + " hidden" + apart;
    case PretextKind::multiblock:
      return "a large block less smaller ones shown, " + pieces(pretext) + apart;
    case PretextKind::grid:
      return "a grid of " + pieces(pretext) + " shown" + apart;
    case PretextKind::centre:
      return "a centre of " + pieces(pretext) + apart;
    case PretextKind::crop:
      return "a crop of " + pieces(pretext) + " shown" + apart;
    case PretextKind::joint:
      return "classes learned beside the input";
  }
  return {};
}

double strength_of(const Pretext& pretext) {
  switch (pretext.kind) {
    case PretextKind::gaussian:
      return pretext.sigma;
    case PretextKind::coloured:
      return pretext.scale;
    case PretextKind::keep:
      return -static_cast<double>(pretext.keep_count);
    case PretextKind::joint:
      return -pretext.lambda;
    default:
      return pretext.ratio;
  }
}

std::optional<double> hidden_share(const Pretext& pretext, const ImageShape& shape) {
  const auto cut = [](std::int64_t length, std::int64_t patch) { return (length + patch - 1) / patch; };
  switch (pretext.kind) {
    case PretextKind::reconstruct:
      return 0.0;
    case PretextKind::mask:
    case PretextKind::dropout:
    case PretextKind::blocks:
      return pretext.ratio;
    case PretextKind::keep: {
      const std::int64_t groups = cut(shape.height, pretext.patch_height) * cut(shape.width, pretext.patch_width) *
                                  (pretext.channels == ChannelMode::separate ? shape.channels : 1);
      return 1 - static_cast<double>(pretext.keep_count) / static_cast<double>(groups);
    }
    default:
      return std::nullopt;
  }
}

}  // namespace eigenlens
