// SPDX-License-Identifier: Apache-2.0
// Samples that are on the device already: whether they are, and whether they are numbers; and samples that get there.
#include <fmt/format.h>

#include "backend/cuda/cuda_backend.hpp"
#include "data/scalar_size.hpp"
#include "eigenlens/error.hpp"
#include "host/index.hpp"
#include "kernels/centred_samples.hpp"
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

template <class Real>
std::optional<NotFinite> find_in(Context& context, const Batch& batch) {
  const auto* x = static_cast<const Real*>(batch.values);
  const auto found = context.allocate<unsigned long long>(1);
  const cudaStream_t stream = context.main().raw();
  check(cudaMemsetAsync(found.data(), 0xFF, sizeof(unsigned long long), stream), "cudaMemsetAsync");
  check_launch(kernels::first_not_finite(x, batch.count * batch.dimension, found.data(), stream), "first_not_finite");
  unsigned long long first = 0;
  context.download(found.data(), 1, &first);
  if (first == kernels::all_finite) return std::nullopt;
  Real value = 0;
  context.download(x + first, 1, &value);
  return NotFinite{static_cast<std::int64_t>(first), static_cast<double>(value)};
}

/// X ← the samples, which are on the device, centred.
template <class Value>
void centre_values(Context& context, const Value* values, std::int64_t d, std::int64_t count,
                   const SampleCentre& centre, Matrix& x) {
  std::vector<double> by = centre.shift;
  by.insert(by.end(), centre.mean.begin(), centre.mean.end());
  by.insert(by.end(), centre.scale.begin(), centre.scale.end());
  const Array<double> there = context.uploaded<double>(by);
  check_launch(kernels::centred_samples(values, d, count, there.data(), there.data() + d, there.data() + 2 * d,
                                        x.data(), context.main().raw()),
               "centred_samples");
}

template <class Value>
void centre_batch(Context& context, const Batch& batch, const SampleCentre& centre, Matrix& x) {
  const std::span values(static_cast<const Value*>(batch.values), at(batch.count * batch.dimension));
  const Array<Value> there = context.uploaded(values);
  centre_values(context, there.data(), batch.dimension, batch.count, centre, x);
}

}  // namespace

void centre_on_device(Context& context, const std::uint8_t* values, std::int64_t dimension, std::int64_t count,
                      const SampleCentre& centre, Matrix& x) {
  centre_values(context, values, dimension, count, centre, x);
}

void CudaBackend::centred_samples(const Batch& batch, const SampleCentre& centre, Matrix& x) {
  const auto here = context_->activate();
  if (batch.count == 0) return;
  if (batch.scalar == ScalarType::uint8) centre_batch<std::uint8_t>(*context_, batch, centre, x);
  if (batch.scalar == ScalarType::float32) centre_batch<float>(*context_, batch, centre, x);
  if (batch.scalar == ScalarType::float64) centre_batch<double>(*context_, batch, centre, x);
}

std::optional<NotFinite> CudaBackend::first_not_finite(const Batch& batch, const std::string& source) {
  const auto here = context_->activate();
  require_on_device(batch.values, scalar_size(batch.scalar), context_->device(),
                    fmt::format("{}: samples {}..", source, batch.first));
  if (batch.stream != 0)  // what it has queued until now: an event and a wait for it would come to the same
    check(cudaStreamSynchronize(reinterpret_cast<cudaStream_t>(batch.stream)), "cudaStreamSynchronize of a batch's");
  if (batch.scalar == ScalarType::uint8 || batch.count == 0) return std::nullopt;
  return batch.scalar == ScalarType::float32 ? find_in<float>(*context_, batch) : find_in<double>(*context_, batch);
}

}  // namespace eigenlens::cuda
