// SPDX-License-Identifier: Apache-2.0
/// \file
/// One image of the generated set: a textured 1/f background, a class shape in front.
///
/// Integers only, so that the bytes are the same on every machine, compiler and standard library. Image i of a split
/// depends on (seed, split, i, shape, classes, background) alone: any batch can be drawn without the ones before it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "eigenlens/generate.hpp"

namespace eigenlens {

/// Throws Error(usage) that says what was expected of count, test_count, shape, classes or background.
void check_generate(const GenerateOptions& options);

/// "disc", "square", ...: the first `classes` shapes.
std::vector<std::string> generated_class_names(std::int64_t classes);

class ImageGenerator {
 public:
  ImageGenerator(const GenerateOptions& options, bool test);
  /// Every `classes` consecutive images hold each class once, in an order drawn anew.
  [[nodiscard]] std::int32_t label(std::int64_t index) const;
  /// Writes C·H·W pixels, channel-major.
  void draw(std::int64_t index, std::uint8_t* pixels);

 private:
  class Random;
  void add_octave(Random& random, std::int64_t cell, std::int32_t* texture);
  void draw_texture(Random& random, std::int32_t* texture);
  void draw_coverage(Random& random, std::int32_t label);
  [[nodiscard]] Random random_for(std::uint64_t purpose, std::int64_t index) const;

  GenerateOptions options_;
  bool test_;
  std::int64_t background_;               // of 65536
  std::vector<std::int32_t> lattice_;     // random values at the corners of one octave's cells
  std::vector<std::int32_t> row_;         // lattice rows blended for one image row
  std::vector<std::int32_t> common_;      // H·W: texture that the channels share
  std::vector<std::int32_t> own_;         // H·W: texture of one channel
  std::vector<std::int32_t> coverage_;    // H·W: quarters of the pixel that the shape covers
  std::vector<std::int64_t> horizontal_;  // 2·W subsamples in shape coordinates
  std::vector<std::int64_t> vertical_;    // 2·H
};

}  // namespace eigenlens
