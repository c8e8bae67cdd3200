// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/batch.hpp"

namespace eigenlens::cuda {

LaneWeights::LaneWeights(Context& context, const Weights& weights) {
  std::vector<double> all;
  for (const std::vector<double>& lane : weights) {
    firsts_.push_back(static_cast<std::int64_t>(all.size()));
    counts_.push_back(static_cast<std::int64_t>(lane.size()));
    all.insert(all.end(), lane.begin(), lane.end());
  }
  if (!all.empty()) data_ = context.uploaded<double>(all);
}

}  // namespace eigenlens::cuda
