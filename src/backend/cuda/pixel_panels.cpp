// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/pixel_panels.hpp"

#include <utility>

#include "backend/cuda/cuda_backend.hpp"
#include "host/index.hpp"
#include "kernels/gathered_pixels.hpp"

namespace eigenlens::cuda {
namespace {

/// Beside the samples: T, two panels of at most N pixels, what is made of the last one; libraries and sums.
std::int64_t room_beside(std::int64_t count) { return 5 * 8 * count * count + (std::int64_t{512} << 20); }

}  // namespace

CudaPixelPanels::CudaPixelPanels(std::shared_ptr<Context> context, const Batch& samples, int threads)
    : context_(std::move(context)),
      threads_(threads),
      dimension_(samples.dimension),
      count_(samples.count),
      samples_(context_->uploaded(
          std::span(static_cast<const std::uint8_t*>(samples.values), at(samples.count * samples.dimension)))),
      labels_(at(samples.count)) {}

void CudaPixelPanels::take(std::span<const std::int64_t> pixels, const SampleCentre& centre, Matrix& x) {
  const auto here = context_->activate();
  taken_ = static_cast<std::int64_t>(pixels.size());
  if (panel_.size() < taken_ * count_) panel_ = context_->allocate<std::uint8_t>(taken_ * count_);
  const Array<std::int64_t> index = context_->uploaded(pixels);
  check_launch(kernels::gathered_pixels(samples_.data(), dimension_, count_, index.data(), taken_, panel_.data(),
                                        context_->main().raw()),
               "gathered_pixels");
  centre_on_device(*context_, panel_.data(), taken_, count_, centre, x);
}

void CudaPixelPanels::gram(double std, Matrix& g) {
  const auto here = context_->activate();
  if (sums_pixels_ != taken_) sums_ = std::make_unique<GramU8>(context_, taken_, 1, threads_);
  sums_pixels_ = taken_;
  Batch batch{ScalarType::uint8, count_, taken_, 0, panel_.data(), labels_.data()};
  batch.place = MemoryPlace::cuda;
  context_->main().stream().synchronize();  // the sums copy it on a stream of their own
  sums_->add(batch);
  sums_->finish_centred(std, g);
}

std::unique_ptr<PixelPanels> CudaBackend::pixel_panels(const Batch& samples) {
  if (samples.scalar != ScalarType::uint8 || samples.count == 0) return nullptr;
  if (context_->free_memory() < samples.count * samples.dimension + room_beside(samples.count)) return nullptr;
  return std::make_unique<CudaPixelPanels>(context_, samples, threads_);
}

}  // namespace eigenlens::cuda
