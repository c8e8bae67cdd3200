// SPDX-License-Identifier: Apache-2.0
/// \file
/// The CUDA backend's sums over samples.
#pragma once

#include <cstdint>
#include <memory>

#include "backend/backend.hpp"
#include "backend/cuda/context.hpp"

namespace eigenlens::cuda {

/// Exact integers for uint8 data (gram_u8.hpp), float64 otherwise (gram_float.hpp). info.shape, info.classes and
/// info.scalar matter; batches are taken as checked. Throws Error(memory) if gram_device_bytes cannot be had.
std::unique_ptr<GramAccumulator> make_gram_accumulator(std::shared_ptr<Context> context, const DatasetInfo& info,
                                                       int threads);

/// Bytes of device memory that it takes. uint8: 12·D² + 8·D·C, three slices of about 16 MiB (or 2,048 samples) and 32
/// MiB for cuBLASLt; floats: 8·D² + 8·D·C and three slices of about 32 MiB (or 256 samples).
std::int64_t gram_device_bytes(ScalarType scalar, std::int64_t dimension, std::int64_t classes);

}  // namespace eigenlens::cuda
