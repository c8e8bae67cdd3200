// SPDX-License-Identifier: Apache-2.0
/// \file
/// Bytes as signed bytes, x − 128, one column a coordinate: what integer tensor cores multiply.
#pragma once

#include <cstdint>

#include "kernels/host_device.hpp"
#include "kernels/launch.hpp"

namespace eigenlens::kernels {

/// Rows and columns come in multiples of this many: 16 bytes is the alignment of the fast integer products.
inline constexpr std::int64_t byte_padding = 16;

EIGENLENS_HOST_DEVICE inline std::int64_t padded_bytes(std::int64_t n) {
  return (n + byte_padding - 1) / byte_padding * byte_padding;
}

/// x − 128, in [−128, 127].
EIGENLENS_HOST_DEVICE inline std::int8_t shifted_byte(std::uint8_t x) {
  return static_cast<std::int8_t>(static_cast<int>(x) - 128);
}

/// Element (n, i) of T, for samples x of `dimension` bytes each: zero in the padding, so that it adds nothing.
EIGENLENS_HOST_DEVICE inline std::int8_t shifted_element(const std::uint8_t* x, std::int64_t dimension,
                                                         std::int64_t count, std::int64_t n, std::int64_t i) {
  return n < count && i < dimension ? shifted_byte(x[n * dimension + i]) : std::int8_t{0};
}

/// T (padded count × padded dimension) ← shifted_element. x: count × dimension bytes, of any alignment; t: aligned
/// to 4.
Status shifted_bytes(const std::uint8_t* x, std::int64_t dimension, std::int64_t count, std::int8_t* t, Stream stream);

}  // namespace eigenlens::kernels
