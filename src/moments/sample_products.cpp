// SPDX-License-Identifier: Apache-2.0
#include "moments/sample_products.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "backend/single.hpp"
#include "backend/transfer.hpp"
#include "data/scalar_size.hpp"
#include "eigenlens/error.hpp"
#include "host/index.hpp"
#include "host/parallel.hpp"
#include "moments/double_centring.hpp"
#include "moments/dual_tolerance.hpp"

namespace eigenlens {
namespace {

/// a ← a + factor·b
void add_scaled(DenseF64& a, const DenseF64& b, double factor) {
  for (std::int64_t i = 0; i < a.size(); ++i) a.data()[i] += factor * b.data()[i];
}

/// Samples on either side of a square that is mirrored at once, and columns that are zeroed at once.
constexpr std::int64_t tile = 64;

/// The sums of `dimension` values, without classes.
DatasetInfo sums_info(ScalarType scalar, std::int64_t dimension, std::int64_t count) {
  DatasetInfo info;
  info.name = "products of samples";
  info.scalar = scalar;
  info.shape = {1, 1, dimension};
  info.count = count;
  info.classes = 1;
  return info;
}

}  // namespace

SampleProducts::SampleProducts(Backend& backend, const SampleMatrix& samples, std::function<void()> step)
    : backend_(backend),
      samples_(samples),
      step_(std::move(step)),
      no_labels_(at(samples.count())),
      tolerance_(dual_rank_tolerance(samples.count(), samples.dimension())),
      scale_(1 / std::sqrt(samples.energy() / static_cast<double>(samples.count()) /
                           static_cast<double>(samples.dimension()))) {
  for (std::int64_t i = 0; i < samples.dimension(); ++i)
    if (samples.constants()[at(i)] == 0) varying_.push_back(i);
}

DenseI64 SampleProducts::exact_gram() {
  Pixels all(at(samples_.dimension()));
  for (std::int64_t i = 0; i < samples_.dimension(); ++i) all[at(i)] = i;
  return exact_gram_of(all);
}

DenseF64 SampleProducts::centred_gram() { return float_gram_of(varying_); }

/// Pixels take the part of samples, and samples that of inputs: the accumulator of Σxxᵀ gives XᵀX.
DenseI64 SampleProducts::exact_gram_of(const Pixels& pixels) {
  const std::int64_t n = samples_.count(), total = static_cast<std::int64_t>(pixels.size());
  const auto sums = backend_.gram_accumulator(sums_info(ScalarType::uint8, n, total));
  const std::vector<std::int32_t> labels(at(std::min(panel_pixels, total)));
  std::vector<std::uint8_t> values(labels.size() * at(n));
  for (std::int64_t first = 0; first < total; first += panel_pixels) {
    step_();
    const std::int64_t some = std::min(panel_pixels, total - first);
    samples_.gather_transposed(std::span(pixels).subspan(at(first), at(some)), values.data(), backend_.threads());
    sums->add({ScalarType::uint8, some, n, first, values.data(), labels.data()});
  }
  Moments moments;
  sums->finish(moments);
  return std::move(moments.gram);
}

DenseF64 SampleProducts::float_gram_of(const Pixels& pixels) {
  const std::int64_t n = samples_.count(), total = static_cast<std::int64_t>(pixels.size());
  Matrix k = zeros();
  Matrix room = backend_.allocate(std::min(panel_pixels, total), n);
  for (std::int64_t first = 0; first < total; first += panel_pixels) {
    step_();
    const auto some = std::span(pixels).subspan(at(first), at(std::min(panel_pixels, total - first)));
    Matrix z = room.reshaped(static_cast<std::int64_t>(some.size()), n);
    backend_.centred_samples(gathered(some), centre_of(some, 1), z);
    backend_.add_gram(z, k);
  }
  return finished(k);
}

DenseF64 SampleProducts::centred_gram_of(const Pixels& pixels) {
  const double scale = scale_ * scale_;
  if (samples_.arithmetic() == Arithmetic::exact)
    return doubly_centred(exact_gram_of(pixels), scale, backend_.threads());
  return doubly_centred(float_gram_of(pixels), scale, backend_.threads());
}

/// Those pixels of every sample, in room that the next call uses again.
Batch SampleProducts::gathered(std::span<const std::int64_t> pixels) {
  const ScalarType scalar = samples_.info().scalar;
  const std::int64_t n = samples_.count(), p = static_cast<std::int64_t>(pixels.size());
  gathered_.resize(std::max(gathered_.size(), at(p * n) * scalar_size(scalar)));
  samples_.gather(pixels, gathered_.data(), backend_.threads());
  return {scalar, n, p, 0, gathered_.data(), no_labels_.data()};
}

SampleCentre SampleProducts::centre_of(std::span<const std::int64_t> pixels, double scale) const {
  SampleCentre centre{std::vector<double>(pixels.size()), {}, std::vector<double>(pixels.size(), scale)};
  for (const std::int64_t pixel : pixels) centre.mean.push_back(samples_.mean()[at(pixel)]);
  return centre;
}

/// A panel of columns at a time: no N × N on the host.
Matrix SampleProducts::zeros() {
  const std::int64_t n = samples_.count();
  Matrix k = backend_.allocate(n, n);
  const DenseF64 none(n, std::min(n, tile));
  for (std::int64_t first = 0; first < n; first += tile) {
    Matrix columns = k.columns(first, std::min(tile, n - first));
    backend_.upload(none.data(), columns);
  }
  return k;
}

/// Both triangles on the host; in squares, because a row of a large matrix is a cache line a number.
DenseF64 SampleProducts::finished(const Matrix& lower) {
  DenseF64 full = downloaded(backend_, lower);
  const std::int64_t n = full.rows();
  parallel_for(backend_.threads(), (n + tile - 1) / tile, [&](std::int64_t run) {
    const std::int64_t first = run * tile, last = std::min(n, first + tile);
    for (std::int64_t i0 = first; i0 < n; i0 += tile)
      for (std::int64_t j = first; j < last; ++j)
        for (std::int64_t i = std::max(i0, j + 1); i < std::min(n, i0 + tile); ++i) full(j, i) = full(i, j);
  });
  return full;
}

std::vector<SampleProducts::Pixels> SampleProducts::members_of(std::span<const std::int32_t> groups) const {
  std::vector<Pixels> members;
  for (const std::int64_t pixel : varying_) {
    const std::size_t g = at(groups[at(pixel)]);
    if (g >= members.size()) members.resize(g + 1);
    members[g].push_back(pixel);
  }
  std::erase_if(members, [](const Pixels& group) { return group.empty(); });
  return members;
}

DenseF64 SampleProducts::whitened(std::span<const std::int32_t> groups) {
  if (!kept_) kept_ = backend_.pixel_panels(samples_.all());
  Matrix t = zeros();
  Panel panel;
  std::vector<Pixels> large;
  const auto flush = [&] {
    if (!panel.pixels.empty()) add_whitened(panel, t);
    panel = {};
  };
  for (Pixels& group : members_of(groups)) {
    if (static_cast<std::int64_t>(group.size()) >= samples_.count()) {
      large.push_back(std::move(group));
      continue;
    }
    if (static_cast<std::int64_t>(panel.pixels.size() + group.size()) > panel_pixels) flush();
    const std::int32_t id = panel.groups.empty() ? 0 : panel.groups.back() + 1;
    panel.pixels.insert(panel.pixels.end(), group.begin(), group.end());
    panel.groups.resize(panel.pixels.size(), id);
  }
  flush();
  DenseF64 sum = finished(t);
  if (!large.empty()) add_scaled(sum, projectors(large), 1);
  return sum;
}

/// G of the panel's pixels, through the accumulator of Σxxᵀ: exact where the samples are bytes.
void SampleProducts::panel_gram(const Batch& panel, Matrix& g) {
  const std::int64_t p = panel.dimension;
  if (panel_sums_pixels_ != p) panel_sums_ = backend_.gram_accumulator(sums_info(panel.scalar, p, samples_.count()));
  panel_sums_pixels_ = p;
  panel_sums_->add(panel);
  Moments moments;
  moments.shape = {1, 1, p};
  panel_sums_->finish(moments);
  backend_.centred_gram(moments, std::vector<std::uint8_t>(at(p)), 1 / scale_, g);
}

/// T ← T + Σ WᵀW with W = L_g⁻¹X_g over the panel's groups.
void SampleProducts::add_whitened(const Panel& panel, Matrix& t) {
  step_();
  const auto p = static_cast<std::int64_t>(panel.pixels.size());
  const SampleCentre centre = centre_of(panel.pixels, scale_);
  Matrix x = backend_.allocate(p, samples_.count()), g = backend_.allocate(p, p);
  if (kept_) {
    kept_->take(panel.pixels, centre, x);
    kept_->gram(1 / scale_, g);
  } else {
    const Batch values = gathered(panel.pixels);
    backend_.centred_samples(values, centre, x);
    panel_gram(values, g);
  }
  const auto blocks = backend_.factor_blocks(g, panel.groups, tolerance_);
  Matrix w = backend_.allocate(blocks->rank(), samples_.count());
  backend_.block_apply(BlockOp::solve, *blocks, x, w);
  backend_.add_gram(w, t);
}

/// Whether a block has the rank of all: K_g + c(1 − Π), Π the projector on the row space of X, is then positive
/// definite.
bool SampleProducts::sees_all(DenseF64 gram, const DenseF64& projector) {
  double largest = 0;
  for (std::int64_t i = 0; i < gram.rows(); ++i) largest = std::max(largest, gram(i, i));
  add_scaled(gram, projector, -largest);
  for (std::int64_t i = 0; i < gram.rows(); ++i) gram(i, i) += largest;
  Matrix factor = uploaded(backend_, gram);
  if (!backend_.cholesky(single(factor))[0].ok) return false;
  gram = downloaded(backend_, factor);
  for (std::int64_t i = 0; i < gram.rows(); ++i)
    if (gram(i, i) * gram(i, i) <= tolerance_ * largest) return false;
  return true;
}

DenseF64 SampleProducts::projector_of(const DenseF64& gram) {
  const std::int64_t n = gram.rows();
  Matrix a = uploaded(backend_, gram), z = backend_.allocate(n, n);
  std::vector<double> values;
  const SolveStatus status = backend_.eigh(single(a), single(z), std::span(&values, 1))[0];
  if (!status.ok)
    throw Error(ErrorCode::numerical, fmt::format("eigenvectors of a block's products: {}", status.detail));
  const double threshold = tolerance_ * values.front();
  const auto rank = std::count_if(values.begin(), values.end(), [&](double value) { return value > threshold; });
  const Matrix leading = z.columns(0, rank);
  multiply_single(backend_, Op::none, Op::transpose, leading, leading, 0, a);
  return finished(a);  // a product of matrices is symmetric but for rounding
}

/// Σ of the projectors on the row spaces of blocks with at least as many pixels as there are samples. Most of them see
/// every difference between samples: theirs is the projector on the row space of X.
DenseF64 SampleProducts::projectors(const std::vector<Pixels>& blocks) {
  const DenseF64 whole = projector_of(centred_gram_of(varying_));
  DenseF64 sum(samples_.count(), samples_.count());
  for (const Pixels& block : blocks) {
    const DenseF64 gram = centred_gram_of(block);
    add_scaled(sum, sees_all(gram, whole) ? whole : projector_of(gram), 1);
  }
  return sum;
}

}  // namespace eigenlens
