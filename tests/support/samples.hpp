// SPDX-License-Identifier: Apache-2.0
/// \file
/// Small explicit data sets, and the way from them to the engine's moments.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "eigenlens/dataset.hpp"
#include "eigenlens/dense.hpp"
#include "eigenlens/moments.hpp"

namespace eigenlens::test {

/// Explicit data: one column a sample.
struct Samples {
  ImageShape shape;
  std::int64_t classes = 0;
  DenseF64 values;                   ///< D × N; whole numbers from 0 to 255 where they stand for pixels
  std::vector<std::int32_t> labels;  ///< N
  [[nodiscard]] std::int64_t dimension() const { return values.rows(); }
  [[nodiscard]] std::int64_t count() const { return values.cols(); }
};

/// The same numbers on every machine (the standard distributions are not).
class Draws {
 public:
  explicit Draws(std::uint64_t seed) : engine_(seed) {}
  double uniform() { return static_cast<double>(engine_() >> 11) * 0x1.0p-53; }  ///< in [0, 1)
  std::int64_t below(std::int64_t n) { return static_cast<std::int64_t>(uniform() * static_cast<double>(n)); }

 private:
  std::mt19937_64 engine_;
};

/// Pixels 0 to 255 with smooth structure, class shapes and noise; every class has a sample, class 0 the most.
Samples random_pixels(const ImageShape& shape, std::int64_t count, std::int64_t classes, std::uint64_t seed);

/// The moments that the engine accumulates from these samples, stored as `scalar`, in batches of `batch`.
Moments engine_moments(const Samples& samples, ScalarType scalar = ScalarType::uint8, std::int64_t batch = 7,
                       const Device& device = Device({.name = "cpu", .threads = 2}));

}  // namespace eigenlens::test
