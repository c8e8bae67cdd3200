// SPDX-License-Identifier: Apache-2.0
#include "support/samples.hpp"

#include <algorithm>
#include <cmath>

namespace eigenlens::test {
namespace {

template <class Scalar>
Moments accumulate_as(const Samples& samples, DatasetInfo info, std::int64_t batch_size, const Device& device) {
  const std::vector<Scalar> values(samples.values.data(), samples.values.data() + samples.values.size());
  MomentsAccumulator accumulator(device, info);
  for (std::int64_t first = 0; first < samples.count(); first += batch_size) {
    Batch batch;
    batch.scalar = info.scalar;
    batch.count = std::min(batch_size, samples.count() - first);
    batch.dimension = samples.dimension();
    batch.first = first;
    batch.values = values.data() + first * samples.dimension();
    batch.labels = samples.labels.data() + first;
    accumulator.add(batch);
  }
  return accumulator.finish();
}

}  // namespace

Samples random_pixels(const ImageShape& shape, std::int64_t count, std::int64_t classes, std::uint64_t seed) {
  Draws draws(seed);
  Samples samples;
  samples.shape = shape;
  samples.classes = classes;
  samples.values = DenseF64(shape.size(), count);
  for (std::int64_t n = 0; n < count; ++n) {
    const std::int64_t label = n < classes ? n : (draws.uniform() < 0.3 ? 0 : draws.below(classes));
    samples.labels.push_back(static_cast<std::int32_t>(label));
    const double phase = 6.28 * draws.uniform();
    const double slope = draws.uniform() - 0.5;
    for (std::int64_t i = 0; i < shape.size(); ++i) {
      const auto position = static_cast<double>(i);
      const double background = 60 * std::sin(0.4 * position + phase) + 6 * slope * (position - 5);
      const double object = 35 * std::cos(1.1 * position * static_cast<double>(label + 1));
      const double value = 128 + background + object + 50 * (draws.uniform() - 0.5);
      samples.values(i, n) = std::clamp(std::round(value), 0.0, 255.0);
    }
  }
  return samples;
}

Moments engine_moments(const Samples& samples, ScalarType scalar, std::int64_t batch, const Device& device) {
  DatasetInfo info;
  info.name = "explicit samples";
  info.source = "memory";
  info.scalar = scalar;
  info.shape = samples.shape;
  info.count = samples.count();
  info.classes = samples.classes;
  if (scalar == ScalarType::uint8) return accumulate_as<std::uint8_t>(samples, info, batch, device);
  if (scalar == ScalarType::float32) return accumulate_as<float>(samples, info, batch, device);
  return accumulate_as<double>(samples, info, batch, device);
}

}  // namespace eigenlens::test
