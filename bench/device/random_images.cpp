// SPDX-License-Identifier: Apache-2.0
#include "device/random_images.hpp"

#include <random>

namespace eigenlens::bench {

Samples random_images(std::int64_t count, const ImageShape& shape, std::int64_t classes, std::uint64_t seed) {
  Samples samples;
  samples.info.name = "random";
  samples.info.shape = shape;
  samples.info.count = count;
  samples.info.classes = classes;
  const auto d = static_cast<std::size_t>(shape.size());
  samples.values.resize(static_cast<std::size_t>(count) * d);
  samples.labels.resize(static_cast<std::size_t>(count));
  std::mt19937_64 random(seed), of_classes(1);
  std::vector<std::uint8_t> means(static_cast<std::size_t>(classes) * d);
  for (std::uint8_t& mean : means) mean = static_cast<std::uint8_t>(of_classes() & 0x1f);
  for (std::size_t n = 0; n < samples.labels.size(); ++n) {
    const std::size_t label = n * 7919 % static_cast<std::size_t>(classes);
    samples.labels[n] = static_cast<std::int32_t>(label);
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < d; ++i, bits >>= 8) {
      if (i % 8 == 0) bits = random();
      samples.values[n * d + i] = static_cast<std::uint8_t>((bits & 0x7f) + means[label * d + i]);
    }
  }
  return samples;
}

}  // namespace eigenlens::bench
