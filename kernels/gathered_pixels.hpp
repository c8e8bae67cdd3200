// SPDX-License-Identifier: Apache-2.0
/// \file
/// Some pixels of every sample, side by side.
#pragma once

#include <cstdint>

#include "kernels/host_device.hpp"
#include "kernels/launch.hpp"

namespace eigenlens::kernels {

/// Where pixel p of a list is in sample n of D values.
EIGENLENS_HOST_DEVICE inline std::int64_t pixel_place(const std::int64_t* pixels, std::int64_t p, std::int64_t n,
                                                      std::int64_t dimension) {
  return pixels[p] + n * dimension;
}

/// y (listed × count) ← the listed pixels of x (D × count).
Status gathered_pixels(const std::uint8_t* x, std::int64_t dimension, std::int64_t count, const std::int64_t* pixels,
                       std::int64_t listed, std::uint8_t* y, Stream stream);

}  // namespace eigenlens::kernels
