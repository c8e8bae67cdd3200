// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/gram_float.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "host/index.hpp"
#include "kernels/class_sums.hpp"
#include "kernels/exact_gram.hpp"
#include "kernels/shifted_floats.hpp"
#include "moments/batch_mean.hpp"

namespace eigenlens::cuda {
namespace {

constexpr std::int64_t slice_bytes = std::int64_t{32} << 20;  ///< of float64
/// At least so many that a product's 2·256 flops an entry outweigh the 16 bytes of reading and writing it.
constexpr std::int64_t most_samples = 32'768, least_samples = 256;

enum class Product { triangle, square };

/// Half the flops by dsyrk, or all of them by dgemm, which is the better tuned routine on some devices:
/// bench_device_gram measures both, and what it finds belongs here.
constexpr Product product_of_samples(std::int64_t /*dimension*/) { return Product::triangle; }

}  // namespace

FeedShape GramFloat::feed_shape(ScalarType scalar, std::int64_t dimension) {
  return {.sample_bytes = dimension * (scalar == ScalarType::float32 ? 4 : 8),
          .slice_samples = std::clamp(slice_bytes / (8 * dimension), least_samples, most_samples),
          .longest_run = std::numeric_limits<std::int32_t>::max()};
}

std::int64_t GramFloat::device_bytes(ScalarType scalar, std::int64_t dimension, std::int64_t classes) {
  const FeedShape feed = feed_shape(scalar, dimension);
  return SampleFeed::device_bytes(feed) + 8 * dimension * (feed.slice_samples + dimension + classes + 1);
}

GramFloat::GramFloat(std::shared_ptr<Context> context, ScalarType scalar, std::int64_t dimension, std::int64_t classes,
                     int threads)
    : context_(std::move(context)),
      scalar_(scalar),
      dimension_(dimension),
      classes_(classes),
      threads_(std::max(threads, 1)),
      feed_(context_, feed_shape(scalar, dimension), classes, threads),
      slice_(context_->allocate<double>(dimension * feed_shape(scalar, dimension).slice_samples)),
      gram_(context_->allocate<double>(dimension * dimension)),
      cross_(context_->allocate<double>(dimension * classes)) {
  clear();
}

void GramFloat::clear() {
  const cudaStream_t stream = context_->main().raw();
  check(cudaMemsetAsync(gram_.data(), 0, at(gram_.size()) * sizeof(double), stream), "cudaMemsetAsync");
  check(cudaMemsetAsync(cross_.data(), 0, at(cross_.size()) * sizeof(double), stream), "cudaMemsetAsync");
}

/// The mean on the host: of a batch on the device that of its first slice.
template <class Real>
std::vector<double> GramFloat::mean_of(const Batch& batch) {
  const auto* x = static_cast<const Real*>(batch.values);
  if (batch.place == MemoryPlace::host) return batch_mean(x, dimension_, batch.count, threads_);
  const std::int64_t count = std::min(batch.count, feed_shape(scalar_, dimension_).slice_samples);
  std::vector<Real> slice(at(count * dimension_));
  context_->download(x, count * dimension_, slice.data());
  return batch_mean(slice.data(), dimension_, count, threads_);
}

void GramFloat::set_shift(const Batch& batch) {
  shift_ = scalar_ == ScalarType::float32 ? mean_of<float>(batch) : mean_of<double>(batch);
  device_shift_ = context_->uploaded<double>(shift_);
}

void GramFloat::add(const Batch& batch) {
  const auto here = context_->activate();
  if (batch.count == 0) return;
  if (shift_.empty()) set_shift(batch);
  feed_.add(batch, [this](const SampleFeed::Slice& slice) { use(slice); });
}

void GramFloat::grow(std::int64_t classes) {
  cross_ = context_->widened(cross_, dimension_ * classes);
  classes_ = classes;
  feed_.grow(classes);
}

void GramFloat::use(const SampleFeed::Slice& slice) {
  const cudaStream_t stream = context_->main().raw();
  if (scalar_ == ScalarType::float32) {
    check_launch(kernels::shifted_floats(static_cast<const float*>(slice.values), dimension_, slice.count,
                                         device_shift_.data(), slice_.data(), stream),
                 "shifted_floats");
  } else {
    check_launch(kernels::shifted_floats(static_cast<const double*>(slice.values), dimension_, slice.count,
                                         device_shift_.data(), slice_.data(), stream),
                 "shifted_floats");
  }
  multiply(slice.count);
  check_launch(kernels::add_class_sums(slice_.data(), dimension_, slice.order, slice.runs, slice.run_count,
                                       cross_.data(), stream),
               "add_class_sums");
}

void GramFloat::multiply(std::int64_t count) {
  const double one = 1;
  const cublasHandle_t blas = context_->main().blas();
  if (product_of_samples(dimension_) == Product::triangle) {
    check(cublasDsyrk_64(blas, CUBLAS_FILL_MODE_LOWER, CUBLAS_OP_N, dimension_, count, &one, slice_.data(), dimension_,
                         &one, gram_.data(), dimension_),
          "cublasDsyrk");
  } else {
    check(cublasDgemm_64(blas, CUBLAS_OP_N, CUBLAS_OP_T, dimension_, dimension_, count, &one, slice_.data(), dimension_,
                         slice_.data(), dimension_, &one, gram_.data(), dimension_),
          "cublasDgemm");
  }
}

GramFloat::Result GramFloat::finish() {
  const auto here = context_->activate();
  feed_.flush([this](const SampleFeed::Slice& slice) { use(slice); });
  Result result{.shift = std::exchange(shift_, {}),
                .sum = std::vector<double>(at(dimension_)),
                .gram = DenseF64(dimension_, dimension_),
                .cross = DenseF64(dimension_, classes_)};
  result.shift.resize(at(dimension_));
  check_launch(kernels::mirror_lower(dimension_, gram_.data(), context_->main().raw()), "mirror_lower");
  context_->download(gram_.data(), gram_.size(), result.gram.data());
  context_->download(cross_.data(), cross_.size(), result.cross.data());
  for (std::int64_t c = 0; c < classes_; ++c)
    for (std::int64_t i = 0; i < dimension_; ++i) result.sum[at(i)] += result.cross(i, c);
  clear();
  return result;
}

}  // namespace eigenlens::cuda
