// SPDX-License-Identifier: Apache-2.0
#include "moments/batch_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "backend/backend.hpp"
#include "data/batch_place.hpp"
#include "eigenlens/error.hpp"
#include "host/parallel.hpp"
#include "moments/largest_count.hpp"

namespace eigenlens {
namespace {

/// True if every value is finite: x − x is 0 then, and NaN otherwise. Eight sums, so that it runs at the speed of
/// memory.
template <class Real>
bool all_finite(const Real* x, std::int64_t count) {
  Real sum[8] = {};
  std::int64_t i = 0;
  for (; i + 8 <= count; i += 8)
    for (int k = 0; k < 8; ++k) sum[k] += x[i + k] - x[i + k];
  for (; i < count; ++i) sum[0] += x[i] - x[i];
  return std::all_of(std::begin(sum), std::end(sum), [](Real s) { return s == 0; });
}

[[noreturn]] void refuse(const Batch& batch, const DatasetInfo& info, const NotFinite& bad) {
  throw Error(ErrorCode::data, fmt::format("{}: sample {}, {} is {}; every value must be finite", source_name(info),
                                           batch.first + bad.index / batch.dimension,
                                           feature_name(info.shape, bad.index % batch.dimension),
                                           std::isnan(bad.value) ? "NaN"
                                           : bad.value > 0       ? "+Inf"
                                                                 : "-Inf"));
}

/// Every part looks for its own first bad value; the first part that has one is named, whatever the thread count.
template <class Real>
void check_finite(const Batch& batch, const DatasetInfo& info, int threads) {
  const auto* x = static_cast<const Real*>(batch.values);
  const std::int64_t total = batch.count * batch.dimension;
  const std::int64_t parts = std::min<std::int64_t>(threads, total / 65536 + 1);
  std::vector<std::int64_t> bad(static_cast<std::size_t>(parts), total);
  parallel_for(threads, parts, [&](std::int64_t part) {
    const std::int64_t last = total * (part + 1) / parts;
    std::int64_t at = total * part / parts;
    if (all_finite(x + at, last - at)) return;
    while (std::isfinite(x[at])) ++at;
    bad[static_cast<std::size_t>(part)] = at;
  });
  const std::int64_t at = *std::min_element(bad.begin(), bad.end());
  if (at < total) refuse(batch, info, {at, static_cast<double>(x[at])});
}

void check_shape(const Batch& batch, const DatasetInfo& info, std::int64_t count) {
  const std::int64_t dimension = info.shape.size();
  if (batch.scalar != info.scalar)
    throw Error(ErrorCode::usage, fmt::format("{}: a batch of {} in a data set of {}", source_name(info),
                                              scalar_name(batch.scalar), scalar_name(info.scalar)));
  if (batch.dimension != dimension)
    throw Error(ErrorCode::data, fmt::format("{}: samples {}.. have {} features; the data set's {} × {} × {} is {}",
                                             source_name(info), batch.first, batch.dimension, info.shape.channels,
                                             info.shape.height, info.shape.width, dimension));
  if (batch.count < 0 || (batch.count > 0 && (!batch.values || !batch.labels)))
    throw Error(ErrorCode::usage,
                fmt::format("{}: a batch of {} samples needs values and labels", source_name(info), batch.count));
  if (batch.count > largest_count - count)
    throw Error(ErrorCode::usage, fmt::format("{}: sample {} is beyond the {} samples that exact sums are made for",
                                              source_name(info), batch.first, largest_count));
}

void check_labels(const Batch& batch, const DatasetInfo& info, std::int64_t classes) {
  for (std::int64_t n = 0; n < batch.count; ++n)
    if (batch.labels[n] < 0 || batch.labels[n] >= classes)
      throw Error(ErrorCode::data, fmt::format("{}: sample {} has label {}; expected 0 to {}", source_name(info),
                                               batch.first + n, batch.labels[n], classes - 1));
}

}  // namespace

std::string source_name(const DatasetInfo& info) { return info.source.empty() ? info.name : info.source; }

std::string scalar_name(ScalarType scalar) {
  switch (scalar) {
    case ScalarType::float32:
      return "float32";
    case ScalarType::float64:
      return "float64";
    case ScalarType::uint8:
      break;
  }
  return "uint8";
}

std::string feature_name(const ImageShape& shape, std::int64_t feature) {
  const std::string name = fmt::format("feature {}", feature);
  if (shape.channels == 1 && shape.height == 1) return name;
  const std::int64_t plane = shape.height * shape.width;
  return fmt::format("{} (channel {}, y {}, x {})", name, feature / plane, feature % plane / shape.width,
                     feature % shape.width);
}

std::string samples_name(const DatasetInfo& info) {
  return info.split.empty() ? info.name : info.name + " " + info.split;
}

void check_extents(const DatasetInfo& info) {
  if (info.shape.channels < 1 || info.shape.height < 1 || info.shape.width < 1 || info.classes < 1)
    throw Error(ErrorCode::usage,
                fmt::format("{}: moments need at least one feature and one class, not {} × {} × {} and {}",
                            source_name(info), info.shape.channels, info.shape.height, info.shape.width, info.classes));
}

void check_batch(const Batch& batch, const DatasetInfo& info, std::int64_t classes, std::int64_t count, int threads) {
  require_host_memory(batch, source_name(info));
  check_shape(batch, info, count);
  check_labels(batch, info, classes);
  if (batch.scalar == ScalarType::float32) check_finite<float>(batch, info, threads);
  if (batch.scalar == ScalarType::float64) check_finite<double>(batch, info, threads);
}

void check_device_batch(const Batch& batch, const DatasetInfo& info, std::int64_t classes, std::int64_t count,
                        Backend& backend) {
  check_shape(batch, info, count);
  check_labels(batch, info, classes);
  if (batch.count == 0) return;
  if (const auto bad = backend.first_not_finite(batch, source_name(info))) refuse(batch, info, *bad);
}

}  // namespace eigenlens
