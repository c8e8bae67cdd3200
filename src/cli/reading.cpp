// SPDX-License-Identifier: Apache-2.0
#include "reading.hpp"

#include <utility>

#include "eigenlens/error.hpp"
#include "interrupt.hpp"
#include "progress_bar.hpp"

namespace eigenlens::cli {

Arithmetic arithmetic_of(const DatasetInfo& info) {
  return info.scalar == ScalarType::uint8 ? Arithmetic::exact : Arithmetic::float64;
}

MemoryPlan plan_reading(const DatasetInfo& info, const Device& device) {
  return plan_moments(info.shape.size(), info.classes, arithmetic_of(info), device);
}

Moments read_moments(std::unique_ptr<Dataset> dataset, const Device& device, Verbosity verbosity) {
  const auto ahead = prefetch(std::move(dataset));
  ProgressBar bar(verbosity);
  Moments moments = accumulate(*ahead, device, bar.callback());
  stop_if_interrupted();
  return moments;
}

void stop_if_interrupted() {
  if (interrupt_signal() != 0) throw Error(ErrorCode::cancelled, "stopped by a signal");
}

}  // namespace eigenlens::cli
