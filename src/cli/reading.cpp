// SPDX-License-Identifier: Apache-2.0
#include "reading.hpp"

#include <utility>

#include "eigenlens/error.hpp"
#include "interrupt.hpp"
#include "options.hpp"
#include "progress_bar.hpp"

namespace eigenlens::cli {

ReadMoments read_moments(std::unique_ptr<Dataset> dataset, const Device& device, Verbosity verbosity) {
  const auto ahead = prefetch(std::move(dataset));
  ProgressBar bar(verbosity);
  MomentsAccumulator sums(device, ahead->info());
  ReadMoments read{accumulate(*ahead, sums, bar.callback()), sums.device().label()};
  stop_if_interrupted();
  return read;
}

void require_moments_memory(const DatasetInfo& info, std::int64_t batch, const Device& device, Verbosity verbosity) {
  const Device taken = suited(device, info, batch);
  note_change(device, taken, verbosity);
  require_memory(plan_moments(info, batch, taken), taken, "accumulating the moments", verbosity);
}

void stop_if_interrupted() {
  if (interrupt_signal() != 0) throw Error(ErrorCode::cancelled, "stopped by a signal");
}

}  // namespace eigenlens::cli
