// SPDX-License-Identifier: Apache-2.0
#include "device/timed_backend.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "device/measured.hpp"

namespace eigenlens::bench {
namespace {

/// A verb on `lanes` problems, of which one is rows × cols and costs `cost`.
Call call_of(const char* verb, std::int64_t rows, std::int64_t cols, std::size_t lanes, const Cost& cost) {
  Call call{verb,
            fmt::format("{} × {}{}", rows, cols, lanes > 1 ? fmt::format(", {} lanes", lanes) : ""),
            static_cast<std::int64_t>(lanes),
            {},
            0};
  for (std::size_t l = 0; l < lanes; ++l) call.cost += cost;
  return call;
}

Call call_of(const char* verb, const Matrix& matrix, std::size_t lanes, const Cost& cost) {
  return call_of(verb, matrix.rows(), matrix.cols(), lanes, cost);
}

/// Bytes of a value.
std::int64_t width_of(ScalarType scalar) {
  return scalar == ScalarType::uint8 ? 1 : scalar == ScalarType::float32 ? 4 : 8;
}

/// Sums over samples, each batch done before the next.
class TimedAccumulator final : public GramAccumulator {
 public:
  TimedAccumulator(TimedBackend& backend, std::unique_ptr<GramAccumulator> inner, std::int64_t dimension)
      : backend_(backend), inner_(std::move(inner)), dimension_(dimension) {}
  void add(const Batch& batch) override {
    const auto b = static_cast<double>(batch.count), d = static_cast<double>(batch.dimension);
    Cost cost;
    if (batch.scalar == ScalarType::uint8) {
      cost.copied = b * d;
      cost.integers = b * d * (d + 1);
    } else {
      cost.copied = b * d * static_cast<double>(width_of(batch.scalar));
      cost.flops = b * d * (d + 1);
    }
    backend_.time(call_of("moments, a batch", batch.count, batch.dimension, 1, cost), [&] { inner_->add(batch); });
  }
  void grow(std::int64_t classes) override { inner_->grow(classes); }
  void finish(Moments& moments) override {
    const auto d = static_cast<double>(dimension_);
    backend_.time(call_of("moments, finish", dimension_, dimension_, 1, {.bytes = 20 * d * d, .copied = 8 * d * d}),
                  [&] { inner_->finish(moments); });
  }

 private:
  TimedBackend& backend_;
  std::unique_ptr<GramAccumulator> inner_;
  std::int64_t dimension_;
};

/// Panels of pixels, each taken and multiplied before the next call.
class TimedPanels final : public PixelPanels {
 public:
  TimedPanels(TimedBackend& backend, std::unique_ptr<PixelPanels> inner)
      : backend_(backend), inner_(std::move(inner)) {}
  void take(std::span<const std::int64_t> pixels, const SampleCentre& centre, Matrix& x) override {
    count_ = x.cols();
    Cost cost = passes_cost(x.size(), 1);
    cost.bytes += static_cast<double>(x.size());
    backend_.time(call_of("pixel_panels, take", x, 1, cost), [&] { inner_->take(pixels, centre, x); });
  }
  void gram(double std, Matrix& g) override {
    Cost cost = passes_cost(g.size(), 1);
    cost.integers = static_cast<double>(count_) * static_cast<double>(g.rows()) * static_cast<double>(g.rows() + 1);
    backend_.time(call_of("pixel_panels, gram", g, 1, cost), [&] { inner_->gram(std, g); });
  }

 private:
  TimedBackend& backend_;
  std::unique_ptr<PixelPanels> inner_;
  std::int64_t count_ = 0;  ///< N
};

double sum_of_powers(const std::vector<std::int64_t>& sizes, int power) {
  double sum = 0;
  for (const std::int64_t size : sizes) {
    const auto n = static_cast<double>(size);
    sum += power == 2 ? n * n : n * n * n;
  }
  return sum;
}

}  // namespace

TimedBackend::TimedBackend(std::shared_ptr<Backend> inner) : inner_(std::move(inner)), little_(inner_->allocate(1, 1)) {
  const double zero = 0;
  inner_->upload(&zero, little_);
}

void TimedBackend::time(Call call, const std::function<void()>& work) {
  call.seconds = seconds([&] {
    work();
    double landed = 0;
    inner_->download(little_, &landed);
  });
  calls_.push_back(std::move(call));
}

Matrix TimedBackend::allocate(std::int64_t rows, std::int64_t cols) {
  Matrix matrix;
  time(call_of("allocate", rows, cols, 1, {}), [&] { matrix = inner_->allocate(rows, cols); });
  return matrix;
}

void TimedBackend::upload(const double* host, Matrix& matrix) {
  time(call_of("upload", matrix, 1, {.copied = 8 * static_cast<double>(matrix.size())}),
       [&] { inner_->upload(host, matrix); });
}

void TimedBackend::download(const Matrix& matrix, double* host) {
  time(call_of("download", matrix, 1, {.copied = 8 * static_cast<double>(matrix.size())}),
       [&] { inner_->download(matrix, host); });
}

std::unique_ptr<GramAccumulator> TimedBackend::gram_accumulator(const DatasetInfo& info) {
  std::unique_ptr<GramAccumulator> made;
  const std::int64_t d = info.shape.size();
  time(call_of("moments, begin", d, d, 1, {}), [&] { made = inner_->gram_accumulator(info); });
  return std::make_unique<TimedAccumulator>(*this, std::move(made), d);
}

std::optional<NotFinite> TimedBackend::first_not_finite(const Batch& batch, const std::string& source) {
  return inner_->first_not_finite(batch, source);
}

void TimedBackend::centred_samples(const Batch& batch, const SampleCentre& centre, Matrix& x) {
  const std::int64_t values = batch.count * batch.dimension;
  Cost cost = passes_cost(values, 1);
  cost.copied = static_cast<double>(values * width_of(batch.scalar));
  time(call_of("centred_samples", batch.dimension, batch.count, 1, cost),
       [&] { inner_->centred_samples(batch, centre, x); });
}

std::unique_ptr<PixelPanels> TimedBackend::pixel_panels(const Batch& samples) {
  std::unique_ptr<PixelPanels> panels;
  const Cost cost{.copied = static_cast<double>(samples.count * samples.dimension * width_of(samples.scalar))};
  time(call_of("pixel_panels", samples.dimension, samples.count, 1, cost),
       [&] { panels = inner_->pixel_panels(samples); });
  if (!panels) return nullptr;
  return std::make_unique<TimedPanels>(*this, std::move(panels));
}

void TimedBackend::centred_gram(const Moments& moments, std::span<const std::uint8_t> constant, double std, Matrix& g) {
  // The int64 sums go up, and float64 numbers come of them.
  Cost cost = passes_cost(g.size(), 2);
  cost.copied = 8 * static_cast<double>(g.size());
  time(call_of("centred_gram", g, 1, cost), [&] { inner_->centred_gram(moments, constant, std, g); });
}

void TimedBackend::masked_gram(const Matrix& g, std::span<const std::int32_t> groups, double a, double b, Matrix& s) {
  time(call_of("masked_gram", g, 1, passes_cost(g.size(), 2)), [&] { inner_->masked_gram(g, groups, a, b, s); });
}

void TimedBackend::tabled_gram(Tabled how, const Matrix& g, std::span<const std::int32_t> groups, const Matrix& table,
                               Matrix& s) {
  time(call_of("tabled_gram", g, 1, passes_cost(g.size(), 2)), [&] { inner_->tabled_gram(how, g, groups, table, s); });
}

std::shared_ptr<const Blocks> TimedBackend::factor_blocks(const Matrix& g, std::span<const std::int32_t> groups,
                                                          double tolerance) {
  std::map<std::int32_t, std::int64_t> sizes;
  for (const std::int32_t group : groups)
    if (group >= 0) ++sizes[group];
  block_sizes_.clear();
  for (const auto& [group, size] : sizes) block_sizes_.push_back(size);
  std::shared_ptr<const Blocks> blocks;
  const Cost cost{.flops = sum_of_powers(block_sizes_, 3) / 3, .bytes = 16 * sum_of_powers(block_sizes_, 2)};
  time(call_of("factor_blocks", g.rows(), static_cast<std::int64_t>(block_sizes_.size()), 1, cost),
       [&] { blocks = inner_->factor_blocks(g, groups, tolerance); });
  return blocks;
}

void TimedBackend::block_congruence(const Blocks& blocks, const Matrix& g, Matrix& k) {
  Cost cost = passes_cost(g.size(), 4);  // from either side
  cost.flops = 2 * static_cast<double>(blocks.rank()) * sum_of_powers(block_sizes_, 2);
  time(call_of("block_congruence", g, 1, cost), [&] { inner_->block_congruence(blocks, g, k); });
}

void TimedBackend::block_apply(BlockOp op, const Blocks& blocks, const Matrix& w, Matrix& x) {
  Cost cost = passes_cost(w.size() + x.size(), 1);
  cost.flops = (op == BlockOp::multiply ? 2 : 1) * static_cast<double>(w.cols()) * sum_of_powers(block_sizes_, 2);
  time(call_of("block_apply", w, 1, cost), [&] { inner_->block_apply(op, blocks, w, x); });
}

void TimedBackend::multiply(Op op_a, Op op_b, std::span<const Matrix> a, std::span<const Matrix> b, double beta,
                            std::span<Matrix> c) {
  const Matrix& one = c.front();
  const std::int64_t inner = op_a == Op::none ? a.front().cols() : a.front().rows();
  Call call = call_of("multiply", one, c.size(), multiply_cost(one.rows(), one.cols(), inner));
  call.shape = fmt::format("{} × {} × {}{}", one.rows(), one.cols(), inner,
                           c.size() > 1 ? fmt::format(", {} lanes", c.size()) : "");
  time(std::move(call), [&] { inner_->multiply(op_a, op_b, a, b, beta, c); });
}

void TimedBackend::scale_rows(std::span<const Matrix> a, const Weights& weights, std::span<Matrix> x) {
  time(call_of("scale_rows", x.front(), x.size(), passes_cost(x.front().size(), 2)),
       [&] { inner_->scale_rows(a, weights, x); });
}

void TimedBackend::congruence(const Matrix& e, const Weights& weights, std::span<Matrix> h) {
  time(call_of("congruence", e, h.size(), passes_cost(e.size(), 1)), [&] { inner_->congruence(e, weights, h); });
}

std::vector<SolveStatus> TimedBackend::eigh(std::span<Matrix> a, std::span<Matrix> z,
                                            std::span<std::vector<double>> values) {
  std::vector<SolveStatus> status;
  time(call_of("eigh", a.front(), a.size(), eigh_cost(a.front().rows())), [&] { status = inner_->eigh(a, z, values); });
  return status;
}

std::vector<SolveStatus> TimedBackend::svd(const Matrix& f, const Weights& weights, std::span<Matrix> a,
                                           std::span<Matrix> z, std::span<std::vector<double>> values) {
  std::vector<SolveStatus> status;
  time(call_of("svd", f, a.size(), svd_cost(f.rows(), f.cols())),
       [&] { status = inner_->svd(f, weights, a, z, values); });
  return status;
}

void TimedBackend::normalize_columns(std::span<Matrix> z, const Weights& weights,
                                     std::span<std::vector<double>> norms) {
  time(call_of("normalize_columns", z.front(), z.size(), passes_cost(z.front().size(), 2)),
       [&] { inner_->normalize_columns(z, weights, norms); });
}

void TimedBackend::gram(std::span<const Matrix> z, std::span<Matrix> c) {
  time(call_of("gram", z.front(), z.size(), gram_cost(z.front().rows(), z.front().cols())),
       [&] { inner_->gram(z, c); });
}

void TimedBackend::add_gram(const Matrix& z, Matrix& c) {
  time(call_of("add_gram", z, 1, gram_cost(z.rows(), z.cols())), [&] { inner_->add_gram(z, c); });
}

std::vector<SolveStatus> TimedBackend::cholesky(std::span<Matrix> c) {
  std::vector<SolveStatus> status;
  time(call_of("cholesky", c.front(), c.size(), cholesky_cost(c.front().rows())),
       [&] { status = inner_->cholesky(c); });
  return status;
}

void TimedBackend::triangular_solve(std::span<const Matrix> l, std::span<Matrix> b) {
  time(call_of("triangular_solve", b.front(), b.size(), solve_cost(b.front().rows(), b.front().cols())),
       [&] { inner_->triangular_solve(l, b); });
}

std::vector<SolveStatus> TimedBackend::triangular_inverse(std::span<Matrix> l) {
  std::vector<SolveStatus> status;
  time(call_of("triangular_inverse", l.front(), l.size(), inverse_cost(l.front().rows())),
       [&] { status = inner_->triangular_inverse(l); });
  return status;
}

void TimedBackend::cumulative_energy(std::span<const Matrix> t, Part part, const Weights& weights,
                                     std::span<std::vector<double>> sums) {
  time(call_of("cumulative_energy", t.front(), t.size(), passes_cost(t.front().size(), part == Part::full ? 1 : 0.5)),
       [&] { inner_->cumulative_energy(t, part, weights, sums); });
}

std::vector<double> TimedBackend::residual_ratios(std::span<const Matrix> p, const Weights& mu,
                                                  std::span<const double> a, std::span<const double> b) {
  std::vector<double> ratios;
  time(call_of("residual_ratios", p.front(), p.size(), passes_cost(p.front().size(), 1)),
       [&] { ratios = inner_->residual_ratios(p, mu, a, b); });
  return ratios;
}

void TimedBackend::probe_counts(std::span<const Matrix> f, std::span<const Matrix> t, std::span<const double> prior,
                                std::span<const std::int32_t> labels, std::span<ProbeSums> sums) {
  const Matrix& weights = t.front();
  const auto samples = static_cast<std::int64_t>(labels.size());
  Cost cost = passes_cost(weights.rows() * samples, 1);
  cost.flops = 4 * static_cast<double>(samples) * static_cast<double>(weights.size());
  Call call = call_of("probe_counts", weights, f.size(), cost);
  call.shape += fmt::format(", {} samples", samples);
  time(std::move(call), [&] { inner_->probe_counts(f, t, prior, labels, sums); });
}

}  // namespace eigenlens::bench
