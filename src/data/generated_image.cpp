// SPDX-License-Identifier: Apache-2.0
#include "data/generated_image.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "eigenlens/error.hpp"

namespace eigenlens {

namespace {

constexpr std::int64_t kOne = 65536;    // 1 in 16-bit fixed point
constexpr std::int64_t kRadius = 1024;  // a shape's half size in its own coordinates
constexpr std::int64_t kSmallest = 8;   // pixels a side
constexpr std::int64_t kLargest = 1024;
constexpr std::int64_t kMostImages = std::numeric_limits<std::int32_t>::max();

struct Shape {
  const char* name;
  bool (*covers)(std::int64_t u, std::int64_t v);  // |u|, |v| ≤ kRadius: right and down of the centre
};

std::int64_t larger(std::int64_t u, std::int64_t v) { return std::max(std::abs(u), std::abs(v)); }

constexpr std::array<Shape, 10> kShapes = {{
    {"disc", [](std::int64_t u, std::int64_t v) { return u * u + v * v <= kRadius * kRadius; }},
    {"square", [](std::int64_t u, std::int64_t v) { return larger(u, v) <= 870; }},
    {"triangle", [](std::int64_t u, std::int64_t v) { return 2 * std::abs(u) <= v + kRadius; }},
    {"cross", [](std::int64_t u, std::int64_t v) { return std::min(std::abs(u), std::abs(v)) <= 300; }},
    {"ring",
     [](std::int64_t u, std::int64_t v) { return std::abs(u * u + v * v - 704512) <= 344064; }},  // 600² to 1024²
    {"horizontal bars", [](std::int64_t, std::int64_t v) { return (v + kRadius) / 410 % 2 == 0; }},
    {"vertical bars", [](std::int64_t u, std::int64_t) { return (u + kRadius) / 410 % 2 == 0; }},
    {"diamond", [](std::int64_t u, std::int64_t v) { return std::abs(u) + std::abs(v) <= kRadius; }},
    {"saltire", [](std::int64_t u, std::int64_t v) { return std::abs(std::abs(u) - std::abs(v)) <= 300; }},
    {"frame", [](std::int64_t u, std::int64_t v) { return larger(u, v) >= 600 && larger(u, v) <= 1000; }},
}};

/// ⌊√(65536² / n)⌋: what keeps the strength of a sum of n octaves.
std::int64_t inverse_root(std::int64_t n) {
  std::int64_t root = 0;
  for (std::int64_t bit = kOne; bit > 0; bit /= 2) {
    if ((root + bit) * (root + bit) * n <= kOne * kOne) root += bit;
  }
  return root;
}

void check(bool valid, const std::string& message) {
  if (!valid) throw Error(ErrorCode::usage, message);
}

}  // namespace

void check_generate(const GenerateOptions& options) {
  const ImageShape& shape = options.shape;
  check(options.classes >= 2 && options.classes <= static_cast<std::int64_t>(kShapes.size()),
        fmt::format("classes = {} of a generated set: expected 2 to {}", options.classes, kShapes.size()));
  check(options.count >= options.classes && options.count <= kMostImages,
        fmt::format("count = {} of a generated set: expected {} (one image a class) to {}", options.count,
                    options.classes, kMostImages));
  check(options.test_count >= 0 && options.test_count <= kMostImages,
        fmt::format("test_count = {} of a generated set: expected 0 to {}", options.test_count, kMostImages));
  const bool sides =
      std::min(shape.height, shape.width) >= kSmallest && std::max(shape.height, shape.width) <= kLargest;
  check((shape.channels == 1 || shape.channels == 3) && sides,
        fmt::format("shape = {}x{}x{} of a generated set: expected 1 or 3 channels and {} to {} pixels a side",
                    shape.channels, shape.height, shape.width, kSmallest, kLargest));
  check(options.background >= 0 && options.background <= 1,
        fmt::format("background = {} of a generated set: expected 0 to 1", options.background));
}

std::vector<std::string> generated_class_names(std::int64_t classes) {
  std::vector<std::string> names;
  for (std::int64_t i = 0; i < classes; ++i) names.emplace_back(kShapes[static_cast<std::size_t>(i)].name);
  return names;
}

/// SplitMix64 (Steele, Lea, Flood 2014).
class ImageGenerator::Random {
 public:
  explicit Random(std::uint64_t state) : state_(state) {}
  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }
  /// Uniform in [0, n), n < 2³²; the bias, below n / 2³², is nobody's concern here.
  std::int64_t below(std::int64_t n) {
    return static_cast<std::int64_t>((next() >> 32) * static_cast<std::uint64_t>(n) >> 32);
  }

 private:
  std::uint64_t state_;
};

ImageGenerator::ImageGenerator(const GenerateOptions& options, bool test) : options_(options), test_(test) {
  check_generate(options);
  background_ = std::llround(options.background * static_cast<double>(kOne));
  const auto pixels = static_cast<std::size_t>(options.shape.height * options.shape.width);
  common_.resize(pixels);
  own_.resize(pixels);
  coverage_.resize(pixels);
  horizontal_.resize(static_cast<std::size_t>(2 * options.shape.width));
  vertical_.resize(static_cast<std::size_t>(2 * options.shape.height));
}

ImageGenerator::Random ImageGenerator::random_for(std::uint64_t purpose, std::int64_t index) const {
  Random seed(options_.seed);
  Random keyed(seed.next() ^ (2 * purpose + (test_ ? 1 : 0)));
  return Random(keyed.next() + static_cast<std::uint64_t>(index) * 0xd1342543de82ef95U);
}

std::int32_t ImageGenerator::label(std::int64_t index) const {
  Random random = random_for(0, index / options_.classes);
  std::array<std::int32_t, kShapes.size()> order{};
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::int32_t>(i);
  for (std::int64_t i = options_.classes - 1; i > 0; --i) {
    std::swap(order[static_cast<std::size_t>(i)], order[static_cast<std::size_t>(random.below(i + 1))]);
  }
  return order[static_cast<std::size_t>(index % options_.classes)];
}

/// Value noise: random values in ±2¹⁵ at the corners of cells of `cell` pixels, blended bilinearly, shifted at random.
void ImageGenerator::add_octave(Random& random, std::int64_t cell, std::int32_t* texture) {
  const auto& [channels, height, width] = options_.shape;
  const int shift = std::countr_zero(static_cast<std::uint64_t>(cell));
  const std::int64_t offset_x = random.below(cell);
  const std::int64_t offset_y = random.below(cell);
  const std::int64_t columns = (width - 1 + offset_x) / cell + 2;
  const std::int64_t rows = (height - 1 + offset_y) / cell + 2;
  lattice_.resize(static_cast<std::size_t>(columns * rows));
  row_.resize(static_cast<std::size_t>(columns));
  for (std::size_t i = 0; i < lattice_.size(); i += 4) {
    std::uint64_t bits = random.next();
    for (std::size_t j = i; j < std::min(i + 4, lattice_.size()); ++j, bits >>= 16) {
      lattice_[j] = static_cast<std::int32_t>(bits & 0xffffU) - 32768;
    }
  }
  for (std::int64_t y = 0; y < height; ++y) {
    const std::int32_t* above = lattice_.data() + ((y + offset_y) >> shift) * columns;
    const auto weight_y = static_cast<std::int32_t>((y + offset_y) & (cell - 1));
    const auto whole = static_cast<std::int32_t>(cell);
    for (std::int64_t i = 0; i < columns; ++i) {
      row_[static_cast<std::size_t>(i)] = (above[i] * (whole - weight_y) + above[i + columns] * weight_y) >> shift;
    }
    for (std::int64_t x = 0; x < width; ++x) {
      const std::int32_t* left = row_.data() + ((x + offset_x) >> shift);
      const auto weight_x = static_cast<std::int32_t>((x + offset_x) & (cell - 1));
      texture[y * width + x] += (left[0] * (whole - weight_x) + left[1] * weight_x) >> shift;
    }
  }
}

/// Octaves of equal energy from the image's size down to 2 pixels: power falls as 1/f², amplitude as 1/f. Values in
/// 1/256.
void ImageGenerator::draw_texture(Random& random, std::int32_t* texture) {
  const std::int64_t pixels = options_.shape.height * options_.shape.width;
  std::fill_n(texture, pixels, 0);
  const auto side = static_cast<std::uint64_t>(std::max(options_.shape.height, options_.shape.width));
  std::int64_t octaves = 0;
  for (auto cell = static_cast<std::int64_t>(std::bit_ceil(side)); cell >= 2; cell /= 2, ++octaves) {
    add_octave(random, cell, texture);
  }
  const std::int64_t scale = inverse_root(octaves);
  for (std::int64_t i = 0; i < pixels; ++i) texture[i] = static_cast<std::int32_t>(texture[i] * scale >> 16);
}

/// Half size 28 to 42 % of the shorter side, centre within an eighth of the middle; lengths in 1/16 pixel.
void ImageGenerator::draw_coverage(Random& random, std::int32_t label) {
  const auto& [channels, height, width] = options_.shape;
  const std::int64_t side = 16 * std::min(height, width);
  const std::int64_t radius = side * 28 / 100 + random.below(side * 14 / 100 + 1);
  const auto subsamples = [&](std::vector<std::int64_t>& positions, std::int64_t length) {
    const std::int64_t centre = 8 * length - side / 8 + random.below(side / 4 + 1);
    for (std::int64_t i = 0; i < 2 * length; ++i) {
      positions[static_cast<std::size_t>(i)] = (8 * i + 4 - centre) * kRadius / radius;
    }
  };
  subsamples(horizontal_, width);
  subsamples(vertical_, height);
  std::fill(coverage_.begin(), coverage_.end(), 0);
  const auto covers = kShapes[static_cast<std::size_t>(label)].covers;
  for (std::size_t y = 0; y < vertical_.size(); ++y) {
    if (std::abs(vertical_[y]) > kRadius) continue;
    std::int32_t* row = coverage_.data() + static_cast<std::int64_t>(y / 2) * width;
    for (std::size_t x = 0; x < horizontal_.size(); ++x) {
      if (std::abs(horizontal_[x]) <= kRadius && covers(horizontal_[x], vertical_[y])) ++row[x / 2];
    }
  }
}

/// pixel = 128 + background · texture + (1 − background) · contrast · coverage, in 1/256 and clamped.
void ImageGenerator::draw(std::int64_t index, std::uint8_t* pixels) {
  Random random = random_for(1, index);
  const std::int64_t area = options_.shape.height * options_.shape.width;
  draw_texture(random, common_.data());
  draw_coverage(random, label(index));
  for (std::int64_t channel = 0; channel < options_.shape.channels; ++channel) {
    if (options_.shape.channels > 1) {  // colours vary less than brightness: (3 · common + own) / √10
      draw_texture(random, own_.data());
      const auto scale = static_cast<std::int32_t>(inverse_root(10));
      for (std::size_t i = 0; i < own_.size(); ++i) own_[i] = ((3 * common_[i] + own_[i]) >> 4) * scale >> 12;
    }
    const std::int32_t* texture = options_.shape.channels > 1 ? own_.data() : common_.data();
    const std::int64_t contrast = 64 + random.below(64);
    for (std::int64_t i = 0; i < area; ++i) {
      const std::int64_t shape = coverage_[static_cast<std::size_t>(i)] * contrast * 64;  // a quarter of 256
      const std::int64_t mixed = (background_ * texture[i] + (kOne - background_) * shape) >> 24;
      *pixels++ = static_cast<std::uint8_t>(std::clamp<std::int64_t>(128 + mixed, 0, 255));
    }
  }
}

}  // namespace eigenlens
