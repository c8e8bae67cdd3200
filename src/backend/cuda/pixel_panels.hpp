// SPDX-License-Identifier: Apache-2.0
/// \file
/// Bytes that stay on the device while panels of their pixels are taken.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "backend/backend.hpp"
#include "backend/cuda/context.hpp"
#include "backend/cuda/gram_u8.hpp"

namespace eigenlens::cuda {

/// N·D bytes of the device, and a panel of P·N of them. Nothing of a panel's size crosses the bus.
class CudaPixelPanels final : public PixelPanels {
 public:
  /// samples: uint8, on the host; copied. threads: of the host.
  CudaPixelPanels(std::shared_ptr<Context> context, const Batch& samples, int threads);

  void take(std::span<const std::int64_t> pixels, const SampleCentre& centre, Matrix& x) override;
  void gram(double std, Matrix& g) override;

 private:
  std::shared_ptr<Context> context_;
  int threads_;
  std::int64_t dimension_, count_;
  Array<std::uint8_t> samples_;       ///< D × N
  Array<std::uint8_t> panel_;         ///< P × N
  std::int64_t taken_ = 0;            ///< P
  std::vector<std::int32_t> labels_;  ///< N: the sums of a panel have no classes
  std::unique_ptr<GramU8> sums_;      ///< of sums_pixels_ pixels
  std::int64_t sums_pixels_ = 0;
};

}  // namespace eigenlens::cuda
