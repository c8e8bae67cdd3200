// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/cuda_gram_accumulator.hpp"

#include <utility>

#include "backend/cuda/gram_float.hpp"
#include "backend/cuda/gram_u8.hpp"
#include "moments/accumulators.hpp"

namespace eigenlens::cuda {

std::unique_ptr<GramAccumulator> make_gram_accumulator(std::shared_ptr<Context> context, const DatasetInfo& info,
                                                       int threads) {
  const auto here = context->activate();
  const std::int64_t d = info.shape.size(), c = info.classes;
  if (info.scalar == ScalarType::uint8)
    return std::make_unique<ExactAccumulator<GramU8>>(c, std::move(context), d, c, threads);
  return std::make_unique<FloatAccumulator<GramFloat>>(c, std::move(context), info.scalar, d, c, threads);
}

std::int64_t gram_device_bytes(ScalarType scalar, std::int64_t dimension, std::int64_t classes) {
  if (scalar == ScalarType::uint8) return GramU8::device_bytes(dimension, classes);
  return GramFloat::device_bytes(scalar, dimension, classes);
}

}  // namespace eigenlens::cuda
