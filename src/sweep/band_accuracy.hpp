// SPDX-License-Identifier: Apache-2.0
/// \file
/// Predictions of the least-squares probe on bands of directions, for every place where the directions can be cut.
#pragma once

#include <cstdint>
#include <vector>

#include "eigenlens/dense.hpp"

namespace eigenlens {

/// Samples that were predicted correctly; entry K stands for the cut behind direction K, K = 0 … R.
struct BandCounts {
  std::vector<std::int64_t> top;     ///< by directions 1 … K
  std::vector<std::int64_t> bottom;  ///< by directions K + 1 … R
  std::int64_t samples = 0;
};

/// Adds b samples to the counts. (79): the prediction is argmax_c of priors_c + Σ_k t_kc q_k over the band's
/// directions, the first class of several equal ones. features Q: R × b, of uncorrelated features of unit energy;
/// targets: C × R, column k is t_k; priors: C; labels: b in [0, C). Each direction is one rank-one update of the
/// logits, from both ends: 4RCb flops on `threads` threads.
void count_correct(const DenseF64& features, const DenseF64& targets, const std::vector<double>& priors,
                   const std::int32_t* labels, int threads, BandCounts& counts);

}  // namespace eigenlens
