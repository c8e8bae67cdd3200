// SPDX-License-Identifier: Apache-2.0
#include "support/nasty_sets.hpp"

#include <algorithm>

#include "support/reference.hpp"

namespace eigenlens::test {
namespace {

void copy_pixel(Samples& samples, std::int64_t from, std::int64_t to) {
  for (std::int64_t n = 0; n < samples.count(); ++n) samples.values(to, n) = samples.values(from, n);
}

void fill_pixel(Samples& samples, std::int64_t pixel, double value) {
  for (std::int64_t n = 0; n < samples.count(); ++n) samples.values(pixel, n) = value;
}

NastySet constant_pixels() {
  Samples samples = random_pixels({1, 4, 4}, 60, 3, nasty_seed);
  fill_pixel(samples, 0, 0);
  fill_pixel(samples, 7, 255);
  fill_pixel(samples, 10, 31);
  fill_pixel(samples, 11, 31);  // with 14 and 15: a whole 2×2 patch that never changes
  fill_pixel(samples, 14, 0);
  fill_pixel(samples, 15, 7);
  return {"constant pixels", samples, ScalarType::uint8, 10, 6};
}

NastySet duplicates_in_a_patch() {
  Samples samples = random_pixels({1, 4, 4}, 60, 3, nasty_seed + 1);
  copy_pixel(samples, 0, 1);
  copy_pixel(samples, 0, 5);
  return {"duplicates in a patch", samples, ScalarType::uint8, 14, 0};
}

NastySet duplicates_across_patches() {
  Samples samples = random_pixels({1, 4, 4}, 60, 3, nasty_seed + 2);
  copy_pixel(samples, 0, 3);
  copy_pixel(samples, 5, 15);
  return {"duplicates across patches", samples, ScalarType::uint8, 14, 0};
}

NastySet dependent_pixels() {
  Samples samples = random_pixels({2, 3, 3}, 70, 2, nasty_seed + 3);
  for (std::int64_t i = 0; i < samples.values.size(); ++i) {
    samples.values.data()[i] = static_cast<double>(static_cast<int>(samples.values.data()[i]) / 2);
  }
  for (std::int64_t n = 0; n < samples.count(); ++n) {
    samples.values(4, n) = samples.values(0, n) + samples.values(1, n);    // within a 2×2 patch
    samples.values(17, n) = 255 - samples.values(2, n);                    // in another patch and channel
    samples.values(12, n) = samples.values(6, n) + samples.values(10, n);  // across channels
  }
  return {"dependent pixels", samples, ScalarType::uint8, 15, 0};
}

NastySet fewer_samples_than_pixels() {
  return {"fewer samples than pixels", random_pixels({1, 5, 5}, 9, 3, nasty_seed + 4), ScalarType::uint8, 8, 0};
}

/// ± one coordinate at a time: a diagonal Gram matrix with two eigenvalues, each four times.
NastySet repeated_eigenvalues() {
  Samples samples;
  samples.shape = {1, 2, 4};
  samples.classes = 3;
  samples.values = DenseF64(8, 16);
  for (std::int64_t n = 0; n < 16; ++n) {
    for (std::int64_t i = 0; i < 8; ++i) samples.values(i, n) = 100;
    const double amplitude = n / 2 % 2 == 0 ? 40 : 20;
    samples.values(n / 2, n) += n % 2 == 0 ? amplitude : -amplitude;
    samples.labels.push_back(static_cast<std::int32_t>(n % 5 % 3));
  }
  return {"repeated eigenvalues", samples, ScalarType::uint8, 8, 0};
}

NastySet one_dimension() {
  return {"one dimension", random_pixels({1, 1, 1}, 7, 2, nasty_seed + 5), ScalarType::uint8, 1, 0};
}

NastySet two_samples() {
  return {"two samples", random_pixels({1, 3, 3}, 2, 2, nasty_seed + 6), ScalarType::uint8, 1, 0};
}

NastySet unbalanced_classes() {
  Samples samples = random_pixels({1, 3, 5}, 90, 2, nasty_seed + 7);
  std::fill(samples.labels.begin(), samples.labels.end(), 0);
  samples.labels[17] = samples.labels[60] = 1;
  return {"unbalanced classes", samples, ScalarType::uint8, 15, 0};
}

NastySet small_floats(ScalarType scalar, const std::string& name) {
  Samples samples = random_pixels({1, 4, 6}, 80, 4, nasty_seed + 8);
  for (std::int64_t n = 0; n < samples.count(); ++n) {
    for (std::int64_t i = 0; i < samples.dimension(); ++i) {
      const auto value =
          static_cast<float>(samples.values(i, n) / 2550.0 + 1000.0 / 3.0);  // far from zero, close together
      samples.values(i, n) = static_cast<double>(value);
    }
  }
  return {name, samples, scalar, 24, 0};
}

std::vector<NastySet> make_sets() {
  return {constant_pixels(),
          duplicates_in_a_patch(),
          duplicates_across_patches(),
          dependent_pixels(),
          fewer_samples_than_pixels(),
          repeated_eigenvalues(),
          one_dimension(),
          two_samples(),
          unbalanced_classes(),
          {"border patches", random_pixels({1, 5, 7}, 150, 5, nasty_seed + 9), ScalarType::uint8, 35, 0},
          {"colour", random_pixels({3, 4, 4}, 150, 4, nasty_seed + 10), ScalarType::uint8, 48, 0},
          small_floats(ScalarType::float32, "float32"),
          small_floats(ScalarType::float64, "float64")};
}

}  // namespace

const std::vector<NastySet>& nasty_sets() {
  static const std::vector<NastySet> sets = make_sets();
  return sets;
}

std::vector<std::string> specifications_for(const ImageShape& shape) {
  std::vector<std::string> out{"reconstruct",       "gaussian:sigma=0",  "gaussian:sigma=0.5", "gaussian:sigma=30",
                               "dropout:ratio=0.3", "dropout:ratio=0.9", "dropout:ratio=0"};
  std::vector<ImageShape> patches{{1, 1, 1}, {1, 1, 2}, {1, 2, 2}, {1, 3, 2}, {1, shape.height, shape.width}};
  for (const ImageShape& patch : patches) {
    if (patch.height > shape.height || patch.width > shape.width) continue;
    const std::string size = "patch=" + std::to_string(patch.height) + "x" + std::to_string(patch.width);
    for (const std::string channels : {"", ",channels=separate"}) {
      Pretext grid;
      grid.patch_height = patch.height;
      grid.patch_width = patch.width;
      grid.channels = channels.empty() ? ChannelMode::together : ChannelMode::separate;
      const std::vector<std::int32_t> groups = naive_groups(grid, shape);
      const std::int64_t count = 1 + *std::max_element(groups.begin(), groups.end());
      for (const std::string ratio : {"0", "0.25", "0.9"}) out.push_back("mask:" + size + ",ratio=" + ratio + channels);
      for (const std::int64_t kept : {std::int64_t{1}, (count + 1) / 2, count}) {
        out.push_back("keep:" + size + ",count=" + std::to_string(kept) + channels);
      }
    }
  }
  return out;
}

}  // namespace eigenlens::test
