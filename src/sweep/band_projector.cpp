// SPDX-License-Identifier: Apache-2.0
#include "sweep/band_projector.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "backend/single.hpp"
#include "backend/transfer.hpp"
#include "data/batch_place.hpp"
#include "eigenlens/error.hpp"
#include "host/index.hpp"

namespace eigenlens {
namespace {

constexpr std::int64_t chunk_bytes = std::int64_t{16} << 20;

template <class Scalar>
void convert(const Batch& batch, std::int64_t first, DenseF64& samples) {
  const auto* values = static_cast<const Scalar*>(batch.values) + first * batch.dimension;
  for (std::int64_t i = 0; i < samples.size(); ++i) samples.data()[i] = static_cast<double>(values[i]);
}

/// Rounding would make something of them, so they are refused by name.
void require_finite(const DenseF64& samples, std::int64_t first) {
  for (std::int64_t i = 0; i < samples.size(); ++i)
    if (!std::isfinite(samples.data()[i]))
      throw Error(ErrorCode::data, fmt::format("sample {}, value {} (counted from 0) is not finite",
                                               first + i / samples.rows(), i % samples.rows()));
}

}  // namespace

void require_same_shape(const PrincipalDirections& principal, const DatasetInfo& info) {
  if (info.shape == principal.shape) return;
  const auto text = [](const ImageShape& shape) {
    return fmt::format("{} x {} x {}", shape.channels, shape.height, shape.width);
  };
  throw Error(ErrorCode::usage, fmt::format("{} holds samples of {}, but the directions are of {}", info.source,
                                            text(info.shape), text(principal.shape)));
}

BandProjector::BandProjector(const PrincipalDirections& principal, Backend& backend)
    : principal_(principal),
      backend_(backend),
      chunk_(std::max<std::int64_t>(1, chunk_bytes / (8 * principal.directions.rows()))),
      directions_(uploaded(backend, principal.directions)) {}

DenseF64 BandProjector::values(const Batch& batch, std::int64_t first, std::int64_t count) const {
  require_host_memory(batch, principal_.dataset);
  DenseF64 samples(batch.dimension, count);
  if (batch.scalar == ScalarType::uint8) convert<std::uint8_t>(batch, first, samples);
  if (batch.scalar == ScalarType::float32) convert<float>(batch, first, samples);
  if (batch.scalar == ScalarType::float64) convert<double>(batch, first, samples);
  require_finite(samples, batch.first + first);
  return samples;
}

Matrix BandProjector::deviations(const DenseF64& samples) {
  DenseF64 x = samples;
  for (std::int64_t j = 0; j < x.cols(); ++j)
    for (std::int64_t i = 0; i < x.rows(); ++i) x(i, j) -= principal_.mean[at(i)];
  return uploaded(backend_, x);
}

DenseF64 BandProjector::projected(const DenseF64& samples, std::int64_t leading) {
  if (leading == 0) return {samples.rows(), samples.cols()};
  const Matrix p = directions_.columns(0, leading);
  Matrix x = deviations(samples);
  Matrix coordinates = backend_.allocate(leading, samples.cols());
  multiply_single(backend_, Op::transpose, Op::none, p, x, 0, coordinates);
  multiply_single(backend_, Op::none, Op::none, p, coordinates, 0, x);
  return downloaded(backend_, x);
}

DenseF64 BandProjector::band(const DenseF64& samples, const BandCut& cut) {
  const bool top = cut.band.end == BandEnd::top;
  if (cut.whole && top) return samples;
  DenseF64 images = cut.whole ? DenseF64(samples.rows(), samples.cols()) : projected(samples, cut.leading);
  for (std::int64_t j = 0; j < images.cols(); ++j) {
    for (std::int64_t i = 0; i < images.rows(); ++i) {
      double& value = images(i, j);
      const double mean = principal_.mean[at(i)];
      value = top || cut.whole ? mean + value : samples(i, j) - value;
    }
  }
  return images;
}

DenseF64 BandProjector::features(const DenseF64& samples) {
  const std::int64_t rank = principal_.directions.cols();
  Matrix x = deviations(samples), q = backend_.allocate(rank, samples.cols());
  multiply_single(backend_, Op::transpose, Op::none, directions_, x, 0, q);
  Weights weights(1);
  for (const double value : principal_.eigenvalues)
    weights[0].push_back(1 / (principal_.global_std * std::sqrt(value)));
  backend_.scale_rows(single(q), weights, single(q));
  return downloaded(backend_, q);
}

}  // namespace eigenlens
