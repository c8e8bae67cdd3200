// SPDX-License-Identifier: Apache-2.0
// Batches are checked here, once for every backend, before a backend sees them: a batch that fails changes nothing.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "backend/backend.hpp"
#include "eigenlens/error.hpp"
#include "eigenlens/moments.hpp"
#include "eigenlens/sweep.hpp"
#include "host/parallel.hpp"
#include "moments/batch_checks.hpp"
#include "moments/largest_count.hpp"

namespace eigenlens {
namespace {

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

std::string source_name(const DatasetInfo& info) { return info.source.empty() ? info.name : info.source; }

/// "feature 17", or for images "feature 17 (channel 0, y 2, x 3)".
std::string feature_name(const ImageShape& shape, std::int64_t feature) {
  const std::string name = fmt::format("feature {}", feature);
  if (shape.channels == 1 && shape.height == 1) return name;
  const std::int64_t plane = shape.height * shape.width;
  return fmt::format("{} (channel {}, y {}, x {})", name, feature / plane, feature % plane / shape.width,
                     feature % shape.width);
}

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
  if (at == total) return;
  throw Error(ErrorCode::data,
              fmt::format("{}: sample {}, {} is {}; every value must be finite", source_name(info),
                          batch.first + at / batch.dimension, feature_name(info.shape, at % batch.dimension),
                          std::isnan(x[at]) ? "NaN"
                          : x[at] > 0       ? "+Inf"
                                            : "-Inf"));
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

void check_labels(const Batch& batch, const DatasetInfo& info) {
  for (std::int64_t n = 0; n < batch.count; ++n)
    if (batch.labels[n] < 0 || batch.labels[n] >= info.classes)
      throw Error(ErrorCode::data, fmt::format("{}: sample {} has label {}; expected 0 to {}", source_name(info),
                                               batch.first + n, batch.labels[n], info.classes - 1));
}

}  // namespace

void check_batch(const Batch& batch, const DatasetInfo& info, std::int64_t count, int threads) {
  check_shape(batch, info, count);
  check_labels(batch, info);
  if (batch.scalar == ScalarType::float32) check_finite<float>(batch, info, threads);
  if (batch.scalar == ScalarType::float64) check_finite<double>(batch, info, threads);
}

class MomentsAccumulator::State {
 public:
  State(Device device, DatasetInfo info) : device_(std::move(device)), info_(std::move(info)) {
    if (info_.shape.channels < 1 || info_.shape.height < 1 || info_.shape.width < 1 || info_.classes < 1)
      throw Error(
          ErrorCode::usage,
          fmt::format("{}: moments need at least one feature and one class, not {} × {} × {} and {}",
                      source_name(info_), info_.shape.channels, info_.shape.height, info_.shape.width, info_.classes));
    device_ = suited(device_, info_, 0);
    gram_ = device_.backend().gram_accumulator(info_);
  }

  void add(const Batch& batch) {
    check_batch(batch, info_, count_, device_.threads());
    gram_->add(batch);
    count_ += batch.count;
  }

  Moments finish() {
    Moments moments;
    moments.shape = info_.shape;
    moments.dataset = info_.split.empty() ? info_.name : info_.name + " " + info_.split;
    moments.class_names = info_.class_names;
    gram_->finish(moments);
    count_ = 0;
    for (std::int64_t i = 0; i < moments.gram_f64.rows(); ++i)
      if (!std::isfinite(moments.gram_f64(i, i)))
        throw Error(ErrorCode::data, fmt::format("{}: the squares of {} overflow float64; scale the data",
                                                 source_name(info_), feature_name(info_.shape, i)));
    return moments;
  }

  [[nodiscard]] const Device& device() const noexcept { return device_; }

 private:
  Device device_;
  DatasetInfo info_;
  std::unique_ptr<GramAccumulator> gram_;
  std::int64_t count_ = 0;
};

MomentsAccumulator::MomentsAccumulator(Device device, const DatasetInfo& info)
    : state_(std::make_unique<State>(std::move(device), info)) {}
MomentsAccumulator::~MomentsAccumulator() = default;
MomentsAccumulator::MomentsAccumulator(MomentsAccumulator&&) noexcept = default;
MomentsAccumulator& MomentsAccumulator::operator=(MomentsAccumulator&&) noexcept = default;

void MomentsAccumulator::add(const Batch& batch) { state_->add(batch); }
Moments MomentsAccumulator::finish() { return state_->finish(); }
const Device& MomentsAccumulator::device() const noexcept { return state_->device(); }

Moments accumulate(Dataset& dataset, const Device& device, const Progress& progress) {
  MomentsAccumulator moments(device, dataset.info());
  return accumulate(dataset, moments, progress);
}

Moments accumulate(Dataset& dataset, MomentsAccumulator& moments, const Progress& progress) {
  const DatasetInfo& info = dataset.info();
  std::int64_t done = 0;
  const auto report = [&] {
    if (progress && !progress({"reading", done, info.count, "images"}))
      throw Error(ErrorCode::cancelled, fmt::format("{}: cancelled after {} samples", source_name(info), done));
  };
  report();
  while (const auto batch = dataset.next()) {
    moments.add(*batch);
    done += batch->count;
    report();
  }
  if (done == 0) throw Error(ErrorCode::data, fmt::format("{}: no samples", source_name(info)));
  return moments.finish();
}

}  // namespace eigenlens
