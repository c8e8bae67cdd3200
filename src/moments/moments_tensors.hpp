// SPDX-License-Identifier: Apache-2.0
/// \file
/// The tensors of moments, as their files and the C interface name them (docs/formats.md).
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "eigenlens/dual_moments.hpp"
#include "eigenlens/moments.hpp"
#include "moments/safetensors.hpp"

namespace eigenlens {

/// Views of moments, which it refers to.
class MomentsTensors {
 public:
  explicit MomentsTensors(const Moments& moments);
  explicit MomentsTensors(const DualMoments& moments);
  MomentsTensors(const MomentsTensors&) = delete;
  MomentsTensors& operator=(const MomentsTensors&) = delete;
  [[nodiscard]] const std::vector<safetensors::TensorView>& views() const noexcept { return views_; }

 private:
  std::int64_t count_;
  std::array<std::int64_t, 3> extents_;  ///< channels, height, width
  std::vector<safetensors::TensorView> views_;
};

/// "whitened.0": the name of the products of a structure.
std::string whitened_name(std::size_t family);

}  // namespace eigenlens
