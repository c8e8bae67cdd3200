// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "backend/backend.hpp"
#include "eigenlens/byte_size.hpp"
#include "eigenlens/error.hpp"
#include "eigenlens/moments.hpp"
#include "eigenlens/sweep.hpp"
#include "moments/batch_checks.hpp"
#include "moments/class_columns.hpp"
#include "moments/sample_buffer.hpp"

namespace eigenlens {

namespace {

/// Room for classes that nobody has announced, at first.
constexpr std::int64_t first_classes = 16;

/// Room for so many classes where `info` does not say; class names do.
DatasetInfo with_room(DatasetInfo info) {
  if (info.classes == 0) info.classes = static_cast<std::int64_t>(info.class_names.size());
  if (info.classes == 0) info.classes = first_classes;
  check_extents(info);
  return info;
}

void keep_classes(Moments& moments, std::int64_t classes) {
  moments.class_counts.resize(static_cast<std::size_t>(classes));
  if (moments.arithmetic == Arithmetic::exact)
    moments.cross = with_classes(moments.cross, classes);
  else
    moments.cross_f64 = with_classes(moments.cross_f64, classes);
}

}  // namespace

class MomentsAccumulator::State {
 public:
  State(Device device, const DatasetInfo& info)
      : device_(std::move(device)), grows_(info.classes == 0 && info.class_names.empty()), info_(with_room(info)) {
    device_ = suited(device_, info_, 0);
    gram_ = device_.backend().gram_accumulator(info_);
  }

  void add(const Batch& batch) {
    const std::int64_t classes = grows_ ? most_unknown_classes : info_.classes;
    if (batch.place == MemoryPlace::host)
      check_batch(batch, info_, classes, count_, device_.threads());
    else
      check_device_batch(batch, info_, classes, count_, device_.backend());
    if (batch.count == 0) return;
    if (grows_) make_room(batch);
    if (!SampleBuffer::is_small(batch)) {
      flush();
      gram_->add(batch);
    } else {
      if (!small_.takes(batch)) flush();
      small_.add(batch);
    }
    count_ += batch.count;
  }

  Moments finish() {
    flush();
    Moments moments;
    moments.shape = info_.shape;
    moments.dataset = samples_name(info_);
    moments.class_names = info_.class_names;
    gram_->finish(moments);
    if (grows_) keep_classes(moments, std::max<std::int64_t>(largest_label_ + 1, 1));
    count_ = 0;
    largest_label_ = -1;
    for (std::int64_t i = 0; i < moments.gram_f64.rows(); ++i)
      if (!std::isfinite(moments.gram_f64(i, i)))
        throw Error(ErrorCode::data, fmt::format("{}: the squares of {} overflow float64; scale the data",
                                                 source_name(info_), feature_name(info_.shape, i)));
    return moments;
  }

  [[nodiscard]] const Device& device() const noexcept { return device_; }

 private:
  void flush() {
    if (small_.batch().count == 0) return;
    gram_->add(small_.batch());
    small_.clear();
  }

  /// For every label of the batch; twice the room where that fits. Sums, and what a backend keeps beside them, are
  /// 24 bytes an input and class.
  void make_room(const Batch& batch) {
    const auto* largest = std::max_element(batch.labels, batch.labels + batch.count);
    if (*largest >= info_.classes) {
      const auto fits = [&](std::int64_t classes) {
        return static_cast<double>(classes) * 24 * static_cast<double>(info_.shape.size()) <=
               static_cast<double>(device_.memory_budget());
      };
      const std::int64_t needed = *largest + std::int64_t{1};
      const std::int64_t wanted = std::clamp(2 * info_.classes, needed, most_unknown_classes);
      if (!fits(needed))
        throw Error(ErrorCode::memory,
                    fmt::format("{}: sample {} has label {}: sums of {} classes of {} inputs do not fit into {}",
                                source_name(info_), batch.first + (largest - batch.labels), *largest, needed,
                                info_.shape.size(), format_byte_size(device_.memory_budget())));
      const std::int64_t classes = fits(wanted) ? wanted : needed;
      gram_->grow(classes);
      info_.classes = classes;
    }
    largest_label_ = std::max<std::int64_t>(largest_label_, *largest);
  }

  Device device_;
  bool grows_;        ///< the classes are those of the labels
  DatasetInfo info_;  ///< its classes: what there is room for
  std::unique_ptr<GramAccumulator> gram_;
  SampleBuffer small_;  ///< not yet in gram_
  std::int64_t count_ = 0;
  std::int64_t largest_label_ = -1;  ///< where the classes grow
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
