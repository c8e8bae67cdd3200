// SPDX-License-Identifier: Apache-2.0
#include "data/resample.hpp"

#include <algorithm>
#include <cstdlib>
#include <vector>

namespace eigenlens {

namespace {

constexpr int kWeightBits = 22;  // 255 · 2²² and its rounding stay below 2³¹
constexpr std::int32_t kHalf = 1 << (kWeightBits - 1);

/// The source pixels first … first + weights − 1 that make one target pixel.
struct Taps {
  std::int64_t first = 0;
  std::int64_t count = 0;
  std::size_t at = 0;  // in Axis::weights
};

struct Axis {
  std::vector<Taps> taps;  // of each target pixel of the window
  std::vector<std::int32_t> weights;
  [[nodiscard]] std::int64_t first() const { return taps.front().first; }
  [[nodiscard]] std::int64_t last() const { return taps.back().first + taps.back().count; }  // one past
};

/// Distances are measured in units of 1/(2·target) source pixels, in which centres and the filter's reach are whole.
Axis make_axis(std::int64_t source, std::int64_t target, std::int64_t from, std::int64_t count) {
  const std::int64_t reach = 2 * std::max(source, target);
  Axis axis;
  std::vector<std::int64_t> raw;
  for (std::int64_t i = from; i < from + count; ++i) {
    const std::int64_t centre = (2 * i + 1) * source;
    std::int64_t x = std::clamp<std::int64_t>((centre - reach) / (2 * target) - 1, 0, source - 1);
    const auto weight_of = [&](std::int64_t at) { return reach - std::abs((2 * at + 1) * target - centre); };
    while (weight_of(x) <= 0) ++x;
    Taps taps{.first = x, .count = 0, .at = axis.weights.size()};
    std::int64_t sum = 0;
    raw.clear();
    for (; x < source && weight_of(x) > 0; ++x) {
      raw.push_back(weight_of(x));
      sum += raw.back();
    }
    taps.count = static_cast<std::int64_t>(raw.size());
    for (const std::int64_t weight : raw) {
      axis.weights.push_back(static_cast<std::int32_t>(((weight << (kWeightBits + 1)) + sum) / (2 * sum)));
    }
    axis.taps.push_back(taps);
  }
  return axis;
}

std::uint8_t rounded(std::int32_t sum) {
  return static_cast<std::uint8_t>(std::clamp<std::int32_t>(sum >> kWeightBits, 0, 255));
}

template <int Channels>
void filter_row(const std::uint8_t* source, const Axis& axis, std::uint8_t* target) {
  for (const Taps& taps : axis.taps) {
    std::int32_t sum[Channels];
    std::fill(sum, sum + Channels, kHalf);
    const std::uint8_t* from = source + taps.first * Channels;
    const std::int32_t* weight = axis.weights.data() + taps.at;
    for (std::int64_t t = 0; t < taps.count; ++t, from += Channels) {
      for (int k = 0; k < Channels; ++k) sum[k] += weight[t] * from[k];
    }
    for (int k = 0; k < Channels; ++k) *target++ = rounded(sum[k]);
  }
}

/// Rows y0 … y1 − 1 of the image, each `axis.taps` pixels wide.
Raster filter_columns(const Raster& image, const Axis& axis, std::int64_t y0, std::int64_t y1) {
  Raster result = make_raster(y1 - y0, static_cast<std::int64_t>(axis.taps.size()), image.channels);
  for (std::int64_t y = y0; y < y1; ++y) {
    if (image.channels == 1) filter_row<1>(image.row(y), axis, result.row(y - y0));
    if (image.channels == 3) filter_row<3>(image.row(y), axis, result.row(y - y0));
  }
  return result;
}

/// `image` holds the rows from `y0` on.
Raster filter_rows(const Raster& image, const Axis& axis, std::int64_t y0) {
  Raster result = make_raster(static_cast<std::int64_t>(axis.taps.size()), image.width, image.channels);
  const std::int64_t values = image.width * image.channels;
  std::vector<std::int32_t> sums(static_cast<std::size_t>(values));
  for (std::int64_t i = 0; i < result.height; ++i) {
    const Taps& taps = axis.taps[static_cast<std::size_t>(i)];
    std::fill(sums.begin(), sums.end(), kHalf);
    for (std::int64_t t = 0; t < taps.count; ++t) {
      const std::int32_t weight = axis.weights[taps.at + static_cast<std::size_t>(t)];
      const std::uint8_t* from = image.row(taps.first + t - y0);
      std::int32_t* to = sums.data();
      for (std::int64_t k = 0; k < values; ++k) to[k] += weight * from[k];
    }
    std::transform(sums.begin(), sums.end(), result.row(i), rounded);
  }
  return result;
}

Raster cut(const Raster& image, const Placement& placement) {
  Raster result = make_raster(placement.window.height, placement.window.width, image.channels);
  const std::int64_t bytes = result.width * image.channels;
  for (std::int64_t y = 0; y < result.height; ++y) {
    const std::uint8_t* from = image.row(placement.top + y) + placement.left * image.channels;
    std::copy(from, from + bytes, result.row(y));
  }
  return result;
}

}  // namespace

Raster resample(const Raster& image, const Placement& placement) {
  if (placement.resized == PixelSize{image.height, image.width}) return cut(image, placement);
  const Axis across = make_axis(image.width, placement.resized.width, placement.left, placement.window.width);
  const Axis down = make_axis(image.height, placement.resized.height, placement.top, placement.window.height);
  return filter_rows(filter_columns(image, across, down.first(), down.last()), down, down.first());
}

}  // namespace eigenlens
