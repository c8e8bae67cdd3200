// SPDX-License-Identifier: Apache-2.0
#include "backend/cpu/gram_accumulator.hpp"

#include "backend/cpu/gram_float.hpp"
#include "backend/cpu/gram_u8.hpp"
#include "moments/accumulators.hpp"

namespace eigenlens {

std::unique_ptr<GramAccumulator> make_cpu_gram_accumulator(const DatasetInfo& info, int threads) {
  const std::int64_t d = info.shape.size(), c = info.classes;
  if (info.scalar == ScalarType::uint8)
    return std::make_unique<ExactAccumulator<GramU8>>(c, d, c, threads, choose_isa());
  return std::make_unique<FloatAccumulator<GramFloat>>(c, d, c, threads);
}

}  // namespace eigenlens
