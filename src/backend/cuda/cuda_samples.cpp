// SPDX-License-Identifier: Apache-2.0
// Samples that are on the device already: whether they are, and whether they are numbers.
#include <fmt/format.h>

#include "backend/cuda/cuda_backend.hpp"
#include "data/scalar_size.hpp"
#include "eigenlens/error.hpp"
#include "host/index.hpp"
#include "kernels/first_not_finite.hpp"

namespace eigenlens::cuda {
namespace {

/// Error(usage) unless a kernel on `device` may read values of this size there.
void require_on_device(const void* values, std::size_t size, int device, const std::string& what) {
  cudaPointerAttributes attributes{};
  check(cudaPointerGetAttributes(&attributes, values), "cudaPointerGetAttributes");
  const bool managed = attributes.type == cudaMemoryTypeManaged;
  if (!managed && attributes.type != cudaMemoryTypeDevice)
    throw Error(ErrorCode::usage,
                fmt::format("{} are said to lie in CUDA memory, but lie on the host: give them as host memory", what));
  if (!managed && attributes.device != device)
    throw Error(ErrorCode::usage, fmt::format("{} lie in the memory of cuda:{}, and the moments are added on cuda:{}: "
                                              "copy them there, or choose the device cuda:{}",
                                              what, attributes.device, device, attributes.device));
  if (reinterpret_cast<std::uintptr_t>(values) % size != 0)
    throw Error(ErrorCode::usage, fmt::format("{} begin at an address that is no multiple of {} bytes", what, size));
}

}  // namespace

std::optional<NotFinite> CudaBackend::first_not_finite(const Batch& batch, const std::string& source) {
  context_->activate();
  require_on_device(batch.values, scalar_size(batch.scalar), context_->device(),
                    fmt::format("{}: samples {}..", source, batch.first));
  if (batch.stream != 0)
    check(cudaStreamSynchronize(reinterpret_cast<cudaStream_t>(batch.stream)),
          "cudaStreamSynchronize of a batch's stream");
  if (batch.scalar == ScalarType::uint8) return std::nullopt;
  const std::int64_t count = batch.count * batch.dimension;
  const cudaStream_t stream = context_->main().raw();
  const auto found = context_->allocate<unsigned long long>(1);
  check(cudaMemsetAsync(found.data(), 0xFF, sizeof(unsigned long long), stream), "cudaMemsetAsync");
  if (batch.scalar == ScalarType::float32)
    check_launch(kernels::first_not_finite(static_cast<const float*>(batch.values), count, found.data(), stream),
                 "first_not_finite");
  else
    check_launch(kernels::first_not_finite(static_cast<const double*>(batch.values), count, found.data(), stream),
                 "first_not_finite");
  unsigned long long first = 0;
  context_->download(found.data(), 1, &first);
  if (first == kernels::all_finite) return std::nullopt;
  const auto index = static_cast<std::int64_t>(first);
  if (batch.scalar == ScalarType::float64) {
    double value = 0;
    context_->download(static_cast<const double*>(batch.values) + index, 1, &value);
    return NotFinite{index, value};
  }
  float value = 0;
  context_->download(static_cast<const float*>(batch.values) + index, 1, &value);
  return NotFinite{index, static_cast<double>(value)};
}

}  // namespace eigenlens::cuda
