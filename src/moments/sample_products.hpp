// SPDX-License-Identifier: Apache-2.0
/// \file
/// Products of samples, N × N, from the samples themselves (docs/math.md, (55) to (57)).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "backend/backend.hpp"
#include "eigenlens/dense.hpp"
#include "moments/sample_matrix.hpp"

namespace eigenlens {

/// Pixels that are whitened, or multiplied, at once: enough for matrix products to run at speed.
inline constexpr std::int64_t panel_pixels = 1024;

/// K = XᵀX and T = XᵀB⁺X in panels of pixels; nothing of size D × D, nor D × N in float64.
class SampleProducts {
 public:
  /// `step` is called before every panel; it may throw. The samples are complete, and vary.
  SampleProducts(Backend& backend, const SampleMatrix& samples, std::function<void()> step);

  /// N × N: xᵢᵀxⱼ of bytes. N²D/2 multiply-adds of bytes.
  DenseI64 exact_gram();
  /// N × N: (xᵢ − x̄)ᵀ(xⱼ − x̄) of floats, without constant pixels. N²D flops.
  DenseF64 centred_gram();
  /// N × N: T by (57), groups of D. N²Σr_g + NΣr_g² flops and the panels' Gram matrices; blocks of N pixels and more
  /// take N³/3 each, and 9N³ those of them that do not see every difference between samples.
  DenseF64 whitened(std::span<const std::int32_t> groups);

 private:
  using Pixels = std::vector<std::int64_t>;
  /// Whole groups of pixels.
  struct Panel {
    Pixels pixels;
    std::vector<std::int32_t> groups;  ///< of those pixels, from 0
  };

  [[nodiscard]] std::vector<Pixels> members_of(std::span<const std::int32_t> groups) const;
  Matrix zeros();
  DenseF64 finished(const Matrix& lower);
  DenseI64 exact_gram_of(const Pixels& pixels);
  DenseF64 float_gram_of(const Pixels& pixels);
  DenseF64 centred_gram_of(const Pixels& pixels);
  void add_whitened(const Panel& panel, Matrix& t);
  Batch gathered(std::span<const std::int64_t> pixels);
  [[nodiscard]] SampleCentre centre_of(std::span<const std::int64_t> pixels, double scale) const;
  void panel_gram(const Batch& panel, Matrix& g);
  bool sees_all(DenseF64 gram, const DenseF64& projector);
  DenseF64 projector_of(const DenseF64& gram);
  DenseF64 projectors(const std::vector<Pixels>& blocks);

  Backend& backend_;
  const SampleMatrix& samples_;
  std::function<void()> step_;
  std::vector<std::byte> gathered_;
  std::vector<std::int32_t> no_labels_;  ///< N
  double tolerance_;                     ///< of ranks, by (60)
  double scale_;                         ///< 1/s_X
  Pixels varying_;                       ///< all pixels that are not constant
  std::unique_ptr<PixelPanels> kept_;    ///< the samples on the device, where they fit
  std::unique_ptr<GramAccumulator> panel_sums_;
  std::int64_t panel_sums_pixels_ = 0;
};

}  // namespace eigenlens
