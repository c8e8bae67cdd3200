// SPDX-License-Identifier: Apache-2.0
#include "eigenlens/encoders.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "backend/single.hpp"
#include "backend/transfer.hpp"
#include "eigenlens/byte_size.hpp"
#include "eigenlens/error.hpp"
#include "host/index.hpp"
#include "moments/sample_mean.hpp"
#include "solve/second_moment.hpp"
#include "sweep/bases.hpp"
#include "sweep/plan_sizes.hpp"

namespace eigenlens {
namespace {

DenseF64 transposed(const DenseF64& a) {
  DenseF64 t(a.cols(), a.rows());
  for (std::int64_t j = 0; j < a.cols(); ++j)
    for (std::int64_t i = 0; i < a.rows(); ++i) t(j, i) = a(i, j);
  return t;
}

void scale(DenseF64& a, double factor) {
  for (std::int64_t i = 0; i < a.size(); ++i) a.data()[i] *= factor;
}

/// The first K rows of E and T in the units and signs of the result: (100).
void read_features(const BasisView& view, std::int64_t k, Classifier classifier, PretextEncoder& to) {
  const DenseF64 rows = downloaded(view.problem.backend, view.basis.encoder);
  const double root = std::sqrt(static_cast<double>(view.problem.centring.count()));
  to.encoder = DenseF64(rows.cols(), k);
  std::vector<double> factors;
  for (std::int64_t j = 0; j < k; ++j) {
    double largest = 0;
    for (std::int64_t i = 0; i < rows.cols(); ++i)
      if (std::fabs(rows(j, i)) > std::fabs(largest)) largest = rows(j, i);
    factors.push_back(largest < 0 ? -root : root);
    for (std::int64_t i = 0; i < rows.cols(); ++i) to.encoder(i, j) = factors.back() * rows(j, i);
  }
  if (classifier == Classifier::none) return;
  const DenseF64 targets = downloaded(view.problem.backend, view.basis.targets);
  to.classifier = DenseF64(k, targets.cols());
  for (std::int64_t c = 0; c < targets.cols(); ++c)
    for (std::int64_t j = 0; j < k; ++j) to.classifier(j, c) = targets(j, c) / factors[at(j)];
}

/// The decoders of one basis: (101) and (102).
class Decoders {
 public:
  Decoders(const BasisView& view, const DenseF64& encoder)
      : view_(view),
        backend_(view.problem.backend),
        k_(encoder.cols()),
        features_(uploaded(backend_, encoder)),
        cross_(backend_.allocate(encoder.rows(), k_)) {
    multiply_single(backend_, Op::none, Op::none, view.problem.g, features_, 0, cross_);
  }

  /// WᵀG/N
  [[nodiscard]] DenseF64 refit() const {
    DenseF64 decoder = transposed(downloaded(backend_, cross_));
    scale(decoder, 1 / static_cast<double>(view_.problem.centring.count()));
    return decoder;
  }

  /// (WᵀSW)⁻¹WᵀA₁
  [[nodiscard]] DenseF64 trained() {
    const std::int64_t d = features_.rows();
    Matrix product = backend_.allocate(d, k_), second = backend_.allocate(d, d), gram = backend_.allocate(k_, k_);
    fill_noise(product, second);
    multiply_single(backend_, Op::none, Op::none, second, features_, 0, product);
    multiply_single(backend_, Op::transpose, Op::none, features_, product, 0, gram);
    const Matrix inverse = inverted(gram, second);
    Matrix decoder = product.reshaped(k_, d);
    multiply_single(backend_, Op::none, Op::transpose, inverse, cross_, 0, decoder);
    DenseF64 result = downloaded(backend_, decoder);
    if (!needs_inputs(view_.pretext)) scale(result, view_.strength.s);
    return result;
  }

 private:
  /// S, and cross_ ← A₁ᵀW where A₁ is no multiple of G.
  void fill_noise(Matrix& room, Matrix& second) {
    Problem& problem = view_.problem;
    if (!needs_inputs(view_.pretext)) return second_moment(problem, view_.pretext, second);
    const NoiseTable noise = noise_table(view_.pretext, problem.centring.moments().shape, problem.centring.count());
    backend_.scale_rows(single(features_), {noise.first}, single(room));
    multiply_single(backend_, Op::none, Op::none, problem.g, room, 0, cross_);
    second_moment(problem, noise, second);
  }

  /// C⁻¹ = (L⁻¹)ᵀL⁻¹; C is destroyed, `room` has as many numbers at least.
  [[nodiscard]] Matrix inverted(Matrix& c, const Matrix& room) const {
    const SolveStatus status = backend_.cholesky(single(c))[0];
    if (!status.ok)
      throw Error(ErrorCode::numerical, fmt::format("{}: the features of K = {} under the noise are {}",
                                                    view_.pretext.to_string(), k_, status.detail));
    DenseF64 identity(k_, k_);
    for (std::int64_t i = 0; i < k_; ++i) identity(i, i) = 1;
    Matrix root = room.reshaped(k_, k_), inverse = backend_.allocate(k_, k_);
    backend_.upload(identity.data(), root);
    backend_.triangular_solve(single(std::as_const(c)), single(root));
    multiply_single(backend_, Op::transpose, Op::none, root, root, 0, inverse);
    return inverse;
  }

  const BasisView& view_;
  Backend& backend_;
  std::int64_t k_;
  Matrix features_;  ///< W, D × K
  Matrix cross_;     ///< GW, then A₁ᵀW but for a factor
};

bool noisy(const Pretext& pretext) {
  return pretext.kind != PretextKind::reconstruct && pretext.kind != PretextKind::joint;
}

PretextEncoder encoder_of(const BasisView& view, const EncoderOptions& options) {
  const auto rank = static_cast<std::int64_t>(view.basis.mu.size());
  const std::int64_t k = options.k == 0 ? rank : options.k;
  PretextEncoder encoder;
  encoder.pretext = view.pretext;
  encoder.eigenvalues.assign(view.basis.mu.begin(), view.basis.mu.begin() + k);
  read_features(view, k, options.classifier, encoder);
  Decoders decoders(view, encoder.encoder);
  encoder.refit = decoders.refit();
  encoder.decoder = noisy(view.pretext) ? decoders.trained() : encoder.refit;
  return encoder;
}

/// What a curve says of the last feature that there is.
void add_curve(const Curve& curve, Classifier classifier, PretextEncoder& encoder) {
  const std::size_t last = encoder.eigenvalues.size() - 1;
  encoder.checks = curve.checks;
  if (classifier == Classifier::fitted) encoder.alignment = curve.alignment[last];
  encoder.reconstruction_denoise = curve.reconstruction_denoise[last];
  encoder.reconstruction_clean = curve.reconstruction_clean[last];
  encoder.reconstruction_refit = curve.reconstruction_refit[last];
}

}  // namespace

MemoryPlan plan_encoders(const ImageShape& shape, std::int64_t classes, const std::vector<Pretext>& pretexts,
                         SolveMode mode, std::int64_t k, const Device& device) {
  MemoryPlan plan = plan_sweep(shape, classes, pretexts, mode, device, Outcome::autoencoders);
  const auto d = static_cast<double>(shape.size()), c = static_cast<double>(classes);
  const double features = k == 0 ? d : static_cast<double>(k), count = static_cast<double>(pretexts.size());
  // Those that are kept, and one on its way.
  const double maps = 8 * features * ((3 * d + c) * count + 2 * d) + 8 * d * d;
  plan.bytes = bytes_of(static_cast<double>(plan.bytes) + maps);
  plan.text += fmt::format("; {} of the host's more for encoders and decoders", format_byte_size(bytes_of(maps)));
  return plan;
}

EncodersResult encoders(const Moments& moments, const std::vector<Pretext>& pretexts, const Device& wanted,
                        const EncoderOptions& options) {
  if (options.k < 0) throw Error(ErrorCode::usage, fmt::format("K = {} is below 1", options.k));
  const SolveMode mode = options.mode;
  for (const Pretext& pretext : pretexts)
    if (options.classifier == Classifier::none && pretext.kind == PretextKind::joint)
      throw Error(ErrorCode::usage,
                  fmt::format("pretext '{}' learns from labels, and they are not to be used", pretext.to_string()));
  const Device device = suited(wanted, moments.shape, moments.classes(), pretexts, mode, Outcome::autoencoders);
  const MemoryPlan plan = plan_encoders(moments.shape, moments.classes(), pretexts, mode, options.k, device);
  if (!plan.fits()) throw Error(ErrorCode::memory, plan.text);
  EncodersResult result;
  result.encoders.resize(pretexts.size());
  SweepOptions sweep;
  sweep.mode = mode;
  sweep.largest_k = options.k;
  sweep.progress = options.progress;
  SweepResult swept = sweep_bases(
      moments, pretexts, device, sweep, Outcome::autoencoders,
      [&](const BasisView& view) { result.encoders[view.position] = encoder_of(view, options); },
      options.classifier == Classifier::fitted ? Labels::needed : Labels::unused);
  for (std::size_t i = 0; i < pretexts.size(); ++i) add_curve(swept.curves[i], options.classifier, result.encoders[i]);
  static_cast<ResultFacts&>(result) = std::move(swept);
  result.k = options.k == 0 ? result.rank : options.k;
  result.mean = sample_mean(moments);
  if (options.classifier == Classifier::fitted)
    for (const std::int64_t size : moments.class_counts)
      result.frequency.push_back(static_cast<double>(size) / static_cast<double>(moments.count));
  return result;
}

}  // namespace eigenlens
