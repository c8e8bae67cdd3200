// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/gram_u8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "eigenlens/error.hpp"
#include "host/index.hpp"
#include "kernels/centred_gram.hpp"
#include "kernels/exact_gram.hpp"
#include "kernels/gram_projection.hpp"
#include "kernels/shifted_bytes.hpp"

namespace eigenlens::cuda {
namespace {

constexpr std::int64_t slice_bytes = std::int64_t{16} << 20;
/// At most a quarter of what an int32 holds, so that flushes are rare beside slices of any size. At least so many that
/// a product's 2·2,048 operations an entry outweigh the 8 bytes of reading and writing it, and a multiple of 128, so
/// that columns of the transposed slice begin on a line of the caches.
constexpr std::int64_t most_samples = 32'768, least_samples = 2'048, sample_step = 128;
/// Columns of one product: wide enough to fill the device, narrow enough to leave most of the upper triangle out. A
/// multiple of 64, so that every panel starts on 256 bytes.
constexpr std::int64_t panel_columns = 1024;

/// Any 64 bits will do; the same ones every time, so that a failure can be repeated.
std::vector<std::uint64_t> random_weights(std::int64_t count) {
  std::mt19937_64 engine(20240611);
  std::vector<std::uint64_t> weights(at(count));
  for (std::uint64_t& weight : weights) weight = engine();
  return weights;
}

}  // namespace

FeedShape GramU8::feed_shape(std::int64_t dimension) {
  const std::int64_t samples =
      std::clamp(slice_bytes / dimension / sample_step * sample_step, least_samples, most_samples);
  return {.sample_bytes = dimension, .slice_samples = samples, .longest_run = kernels::longest_byte_run};
}

std::int64_t GramU8::device_bytes(std::int64_t dimension, std::int64_t classes) {
  const FeedShape feed = feed_shape(dimension);
  const std::int64_t padded = kernels::padded_bytes(dimension);
  return SampleFeed::device_bytes(feed) + kernels::padded_bytes(feed.slice_samples) * padded + 4 * padded * padded +
         8 * (dimension * (dimension + classes + 4) + feed.slice_samples) + IntegerGemm::workspace_bytes;
}

GramU8::GramU8(std::shared_ptr<Context> context, std::int64_t dimension, std::int64_t classes, int threads)
    : context_(std::move(context)),
      dimension_(dimension),
      classes_(classes),
      padded_(kernels::padded_bytes(dimension)),
      gemm_(*context_),
      feed_(context_, feed_shape(dimension), classes, threads),
      transposed_(
          context_->allocate<std::int8_t>(kernels::padded_bytes(feed_shape(dimension).slice_samples) * padded_)),
      product_(context_->allocate<std::int32_t>(padded_ * padded_)),
      gram_(context_->allocate<std::int64_t>(dimension * dimension)),
      cross_(context_->allocate<std::int64_t>(dimension * classes)),
      weights_(context_->uploaded<std::uint64_t>(random_weights(dimension))),
      projections_(context_->allocate<std::uint64_t>(feed_shape(dimension).slice_samples)),
      expected_(context_->allocate<std::uint64_t>(dimension)) {
  clear();
}

void GramU8::clear() {
  const auto here = context_->activate();
  const cudaStream_t stream = context_->main().raw();
  check(cudaMemsetAsync(gram_.data(), 0, at(gram_.size()) * sizeof(std::int64_t), stream), "cudaMemsetAsync");
  check(cudaMemsetAsync(cross_.data(), 0, at(cross_.size()) * sizeof(std::int64_t), stream), "cudaMemsetAsync");
  check(cudaMemsetAsync(expected_.data(), 0, at(dimension_) * sizeof(std::uint64_t), stream), "cudaMemsetAsync");
  count_ = 0;
}

void GramU8::add(const Batch& batch) {
  const auto here = context_->activate();
  feed_.add(batch, [this](const SampleFeed::Slice& slice) { use(slice); });
  count_ += batch.count;
}

void GramU8::grow(std::int64_t classes) {
  cross_ = context_->widened(cross_, dimension_ * classes);
  classes_ = classes;
  feed_.grow(classes);
}

void GramU8::use(const SampleFeed::Slice& slice) {
  const auto* x = static_cast<const std::uint8_t*>(slice.values);
  const cudaStream_t stream = context_->main().raw();
  if (in_product_ + slice.count > kernels::int32_samples) flush();
  check_launch(kernels::shifted_bytes(x, dimension_, slice.count, transposed_.data(), stream), "shifted_bytes");
  multiply(slice.count);
  in_product_ += slice.count;
  check_launch(kernels::add_class_sums(x, dimension_, slice.order, slice.runs, slice.run_count, cross_.data(), stream),
               "add_class_sums");
  check_launch(kernels::add_projections(x, dimension_, slice.count, weights_.data(), projections_.data(),
                                        expected_.data(), stream),
               "add_projections");
}

/// The blocks of one triangle: for every panel of columns the rows from its first on.
void GramU8::multiply(std::int64_t count) {
  const std::int64_t rows = kernels::padded_bytes(count);
  for (std::int64_t j = 0; j < padded_; j += panel_columns) {
    const std::int8_t* columns = transposed_.data() + j * rows;
    gemm_.multiply(padded_ - j, std::min(panel_columns, padded_ - j), rows, columns, columns, rows,
                   in_product_ == 0 ? 0 : 1, product_.data() + j + j * padded_, padded_);
  }
}

void GramU8::flush() {
  if (in_product_ == 0) return;
  check_launch(kernels::add_int32(product_.data(), padded_, dimension_, gram_.data(), context_->main().raw()),
               "add_int32");
  in_product_ = 0;
}

/// G r is what the samples say it is.
void GramU8::require_right() {
  const auto found = context_->allocate<std::uint64_t>(dimension_);
  const cudaStream_t stream = context_->main().raw();
  check(cudaMemsetAsync(found.data(), 0, at(dimension_) * sizeof(std::uint64_t), stream), "cudaMemsetAsync");
  check_launch(kernels::add_gram_projection(gram_.data(), dimension_, weights_.data(), found.data(), stream),
               "add_gram_projection");
  std::vector<std::uint64_t> is(at(dimension_)), ought(at(dimension_));
  context_->download(found.data(), dimension_, is.data());
  context_->download(expected_.data(), dimension_, ought.data());
  const auto wrong = std::mismatch(is.begin(), is.end(), ought.begin()).first;
  if (wrong != is.end())
    throw Error(ErrorCode::device,
                fmt::format("row {} of the exact Gram matrix is wrong: the integer products of cuBLASLt on cuda:{} do "
                            "not add up to those of the samples",
                            wrong - is.begin(), context_->device()));
}

/// Sums on the host; both triangles of gram_ are complete, on the device, and right.
GramU8::Result GramU8::completed() {
  const auto here = context_->activate();
  feed_.flush([this](const SampleFeed::Slice& slice) { use(slice); });
  flush();
  Result result{.sum = std::vector<std::int64_t>(at(dimension_)), .gram = {}, .cross = DenseI64(dimension_, classes_)};
  context_->download(cross_.data(), cross_.size(), result.cross.data());
  for (std::int64_t c = 0; c < classes_; ++c)
    for (std::int64_t i = 0; i < dimension_; ++i) result.sum[at(i)] += result.cross(i, c);
  const auto sums = context_->uploaded<std::int64_t>(result.sum);
  check_launch(kernels::finish_exact_gram(dimension_, count_, sums.data(), gram_.data(), context_->main().raw()),
               "finish_exact_gram");
  require_right();
  return result;
}

GramU8::Result GramU8::finish() {
  Result result = completed();
  result.gram = DenseI64(dimension_, dimension_);
  context_->download(gram_.data(), gram_.size(), result.gram.data());
  clear();
  return result;
}

void GramU8::finish_centred(double std, Matrix& g) {
  const auto here = context_->activate();
  const Result result = completed();
  const auto sums = context_->uploaded<std::int64_t>(result.sum);
  const auto constant = context_->uploaded<std::uint8_t>(std::vector<std::uint8_t>(at(dimension_)));
  check_launch(kernels::centred_gram(dimension_, 0, dimension_, count_, gram_.data(), sums.data(), constant.data(), std,
                                     g.data(), context_->main().raw()),
               "centred_gram");
  clear();
}

}  // namespace eigenlens::cuda
