// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "backend/backend.hpp"
#include "eigenlens/error.hpp"
#include "eigenlens/moments.hpp"
#include "eigenlens/sweep.hpp"
#include "moments/batch_checks.hpp"

namespace eigenlens {

class MomentsAccumulator::State {
 public:
  State(Device device, DatasetInfo info) : device_(std::move(device)), info_(std::move(info)) {
    check_extents(info_);
    device_ = suited(device_, info_, 0);
    gram_ = device_.backend().gram_accumulator(info_);
  }

  void add(const Batch& batch) {
    check_batch(batch, info_, info_.classes, count_, device_.threads());
    gram_->add(batch);
    count_ += batch.count;
  }

  Moments finish() {
    Moments moments;
    moments.shape = info_.shape;
    moments.dataset = samples_name(info_);
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
