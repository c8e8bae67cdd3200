// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <memory>
#include <vector>

#include "c/device.hpp"
#include "c/guard.hpp"
#include "c/moments.hpp"
#include "c/samples.hpp"
#include "eigenlens/error.hpp"
#include "eigenlens/moments.hpp"

struct eigenlens_accumulator {
  eigenlens::MomentsAccumulator sums;
  std::int64_t count = 0;  ///< samples so far, for messages
  double seconds = 0;      ///< spent on adding up
  std::vector<std::int32_t> zeros;
};

using namespace eigenlens::c;

namespace {

/// Adds the time of a scope to a sum.
class Stopwatch {
 public:
  explicit Stopwatch(double& seconds) : seconds_(seconds) {}
  ~Stopwatch() { seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  double& seconds_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace

eigenlens_status eigenlens_accumulator_open(const eigenlens_samples* samples, const eigenlens_run* run,
                                            eigenlens_accumulator** accumulator) {
  return guarded([&] {
    auto& out = required(accumulator, "accumulator");
    const eigenlens::DatasetInfo info = info_of(samples);
    const eigenlens::Device device = run_of(run).device;
    eigenlens::require_memory(eigenlens::plan_moments(info, 0, eigenlens::suited(device, info, 0)));
    out = std::make_unique<eigenlens_accumulator>(
              eigenlens_accumulator{.sums = eigenlens::MomentsAccumulator(device, info), .zeros = {}})
              .release();
  });
}

eigenlens_status eigenlens_accumulator_add(eigenlens_accumulator* accumulator, const eigenlens_batch* batch) {
  return guarded([&] {
    eigenlens_accumulator& it = required(accumulator, "accumulator");
    const eigenlens::Batch given = batch_of(batch, it.count, it.zeros);
    const Stopwatch watch(it.seconds);
    it.sums.add(given);
    it.count += given.count;
  });
}

eigenlens_status eigenlens_accumulator_finish(eigenlens_accumulator* accumulator, eigenlens_moments** moments) {
  return guarded([&] {
    auto& out = required(moments, "moments");
    eigenlens_accumulator& it = required(accumulator, "accumulator");
    eigenlens::ReadingFacts facts;
    facts.device = it.sums.device().label();
    facts.seconds = it.seconds;
    if (it.count == 0)
      throw eigenlens::Error(eigenlens::ErrorCode::data, "the accumulator has no samples: add a batch first");
    it.count = 0;  // also where the sums overflow: they are gone
    it.seconds = 0;
    out = new_moments(it.sums.finish(), facts);
  });
}

void eigenlens_accumulator_close(eigenlens_accumulator* accumulator) { delete accumulator; }
