// SPDX-License-Identifier: Apache-2.0
#include "c/samples.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "c/guard.hpp"
#include "c/versions.hpp"
#include "eigenlens/error.hpp"

namespace eigenlens::c {

ScalarType scalar_of(std::int32_t scalar, const std::string& of) {
  switch (scalar) {
    case EIGENLENS_UINT8:
      return ScalarType::uint8;
    case EIGENLENS_FLOAT32:
      return ScalarType::float32;
    case EIGENLENS_FLOAT64:
      return ScalarType::float64;
    default:
      throw Error(ErrorCode::usage, fmt::format("{}: scalar {}: expected EIGENLENS_UINT8, EIGENLENS_FLOAT32 or "
                                                "EIGENLENS_FLOAT64",
                                                of, scalar));
  }
}

std::int32_t number_of(ScalarType scalar) noexcept {
  switch (scalar) {
    case ScalarType::uint8:
      return EIGENLENS_UINT8;
    case ScalarType::float32:
      return EIGENLENS_FLOAT32;
    case ScalarType::float64:
      break;
  }
  return EIGENLENS_FLOAT64;
}

DatasetInfo info_of(const eigenlens_samples* samples) {
  const auto given = versioned_required(samples, eigenlens_samples EIGENLENS_SAMPLES_INIT, "samples");
  DatasetInfo info;
  info.name = text_or(given.name, "samples");
  info.source = info.name;
  info.scalar = scalar_of(given.scalar, info.name);
  info.shape = {given.channels, given.height, given.width};
  info.count = given.count;
  info.classes = given.classes;
  constexpr std::int64_t largest = std::int64_t{1} << 31;
  std::int64_t room = largest;  // for the extents that follow
  for (const std::int64_t extent : {given.channels, given.height, given.width}) {
    if (extent < 1 || extent > room)
      throw Error(ErrorCode::usage,
                  fmt::format("{}: samples of {} × {} × {}: expected channels, height and width of at least 1, and not "
                              "more than {} values",
                              info.name, given.channels, given.height, given.width, largest));
    room /= extent;
  }
  if (given.count < 0 || given.classes < 0 || given.classes > largest)
    throw Error(ErrorCode::usage,
                fmt::format("{}: {} samples of {} classes: expected numbers from 0, and not more than {} classes",
                            info.name, given.count, given.classes, largest));
  if (given.class_names)
    info.class_names = texts(given.class_names, static_cast<std::size_t>(given.classes), "class_names");
  return info;
}

ImageShape shape_of(const eigenlens_samples* samples) { return info_of(samples).shape; }

void fill_samples(const DatasetInfo& info, std::vector<const char*>& names, eigenlens_samples* samples) {
  names.clear();
  for (const std::string& name : info.class_names) names.push_back(name.c_str());
  eigenlens_samples values = EIGENLENS_SAMPLES_INIT;
  values.name = info.name.c_str();
  values.scalar = number_of(info.scalar);
  values.channels = info.shape.channels;
  values.height = info.shape.height;
  values.width = info.shape.width;
  values.classes = info.classes;
  values.count = info.count;
  values.class_names = names.empty() ? nullptr : names.data();
  fill(samples, values, "samples");
}

Batch batch_of(const eigenlens_batch* batch, std::int64_t first, std::vector<std::int32_t>& zeros) {
  const auto given = versioned_required(batch, eigenlens_batch EIGENLENS_BATCH_INIT, "batch");
  if (given.place != EIGENLENS_HOST && given.place != EIGENLENS_CUDA)
    throw Error(ErrorCode::usage,
                fmt::format("batch: place {}: expected EIGENLENS_HOST or EIGENLENS_CUDA", given.place));
  if (given.count < 0 || (given.count > 0 && !given.values))
    throw Error(ErrorCode::usage, fmt::format("batch: {} samples{}: expected values, and their number", given.count,
                                              given.values ? "" : " and values NULL"));
  const std::int32_t* labels = given.labels;
  if (!labels) {
    zeros.resize(std::max(zeros.size(), static_cast<std::size_t>(given.count)));
    labels = zeros.data();
  }
  return {.scalar = scalar_of(given.scalar, "batch"),
          .count = given.count,
          .dimension = given.dimension,
          .first = first,
          .values = given.values,
          .labels = labels,
          .place = given.place == EIGENLENS_CUDA ? MemoryPlace::cuda : MemoryPlace::host,
          .stream = given.stream};
}

void fill_batch(const Batch& batch, eigenlens_batch* out) {
  eigenlens_batch values = EIGENLENS_BATCH_INIT;
  values.scalar = number_of(batch.scalar);
  values.count = batch.count;
  values.dimension = batch.dimension;
  values.values = batch.values;
  values.labels = batch.labels;
  fill(out, values, "batch");
}

}  // namespace eigenlens::c
