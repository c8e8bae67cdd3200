// SPDX-License-Identifier: Apache-2.0
/// \file
/// A backend that says what a test wants of its memory and its limits, and lets the CPU do the work.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "backend/cpu/cpu_backend.hpp"

namespace eigenlens::test {

struct Pretence {
  std::string name = "cuda";
  int threads = 1;
  std::int64_t host_memory = std::numeric_limits<std::int64_t>::max();
  std::int64_t device_memory = 0;  ///< bytes; 0: none of its own
  std::int64_t largest_order = std::numeric_limits<std::int64_t>::max();
  int lanes = 1;  ///< at most
  Accuracy accuracy = Accuracy::graded;
  std::int64_t solver_host_bytes = 0;  ///< a lane
  std::string label = "cuda:0";        ///< what --device would take
};

class ForwardingBackend final : public Backend {
 public:
  explicit ForwardingBackend(Pretence pretence)
      : pretence_(std::move(pretence)), cpu_(pretence_.threads, pretence_.host_memory) {}

  [[nodiscard]] std::string name() const override { return pretence_.name; }
  [[nodiscard]] int threads() const override { return pretence_.threads; }
  [[nodiscard]] std::int64_t memory_budget() const override { return pretence_.host_memory; }
  [[nodiscard]] std::int64_t device_memory() const override { return pretence_.device_memory; }
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> describe() const override {
    return {{"device", pretence_.label}, {"cuda_driver", "13.0"}, {"pretence", "the CPU does the work"}};
  }
  [[nodiscard]] int lanes(std::int64_t, std::int64_t problems) const override {
    return static_cast<int>(std::min<std::int64_t>(pretence_.lanes, problems));
  }
  [[nodiscard]] std::int64_t largest_order(SolveMode mode) const override {
    return std::min(pretence_.largest_order, cpu_.largest_order(mode));
  }
  [[nodiscard]] std::int64_t solver_bytes(std::int64_t n, SolveMode mode) const override {
    return cpu_.solver_bytes(n, mode);
  }
  [[nodiscard]] std::int64_t solver_host_bytes(std::int64_t, SolveMode) const override {
    return pretence_.solver_host_bytes;
  }
  [[nodiscard]] Accuracy eigh_accuracy() const override { return pretence_.accuracy; }

  Matrix allocate(std::int64_t rows, std::int64_t cols) override { return cpu_.allocate(rows, cols); }
  void upload(const double* host, Matrix& matrix) override { cpu_.upload(host, matrix); }
  void download(const Matrix& matrix, double* host) override { cpu_.download(matrix, host); }
  std::unique_ptr<GramAccumulator> gram_accumulator(const DatasetInfo& info) override {
    return cpu_.gram_accumulator(info);
  }
  std::optional<NotFinite> first_not_finite(const Batch& batch, const std::string& source) override {
    return cpu_.first_not_finite(batch, source);
  }
  void centred_samples(const Batch& batch, const SampleCentre& centre, Matrix& x) override {
    cpu_.centred_samples(batch, centre, x);
  }
  std::unique_ptr<PixelPanels> pixel_panels(const Batch& samples) override { return cpu_.pixel_panels(samples); }
  void centred_gram(const Moments& moments, std::span<const std::uint8_t> constant, double std, Matrix& g) override {
    cpu_.centred_gram(moments, constant, std, g);
  }
  void masked_gram(const Matrix& g, std::span<const std::int32_t> groups, double a, double b, Matrix& s) override {
    cpu_.masked_gram(g, groups, a, b, s);
  }
  void tabled_gram(Tabled how, const Matrix& g, std::span<const std::int32_t> groups, const Matrix& table,
                   Matrix& s) override {
    cpu_.tabled_gram(how, g, groups, table, s);
  }
  std::shared_ptr<const Blocks> factor_blocks(const Matrix& g, std::span<const std::int32_t> groups,
                                              double tolerance) override {
    return cpu_.factor_blocks(g, groups, tolerance);
  }
  void block_congruence(const Blocks& blocks, const Matrix& g, Matrix& k) override {
    cpu_.block_congruence(blocks, g, k);
  }
  void block_apply(BlockOp op, const Blocks& blocks, const Matrix& w, Matrix& x) override {
    cpu_.block_apply(op, blocks, w, x);
  }
  void multiply(Op op_a, Op op_b, std::span<const Matrix> a, std::span<const Matrix> b, double beta,
                std::span<Matrix> c) override {
    cpu_.multiply(op_a, op_b, a, b, beta, c);
  }
  void scale_rows(std::span<const Matrix> a, const Weights& weights, std::span<Matrix> x) override {
    cpu_.scale_rows(a, weights, x);
  }
  void congruence(const Matrix& e, const Weights& weights, std::span<Matrix> h) override {
    cpu_.congruence(e, weights, h);
  }
  std::vector<SolveStatus> eigh(std::span<Matrix> a, std::span<Matrix> z,
                                std::span<std::vector<double>> values) override {
    return cpu_.eigh(a, z, values);
  }
  std::vector<SolveStatus> svd(const Matrix& f, const Weights& weights, std::span<Matrix> a, std::span<Matrix> z,
                               std::span<std::vector<double>> values) override {
    return cpu_.svd(f, weights, a, z, values);
  }
  void normalize_columns(std::span<Matrix> z, const Weights& weights, std::span<std::vector<double>> norms) override {
    cpu_.normalize_columns(z, weights, norms);
  }
  void gram(std::span<const Matrix> z, std::span<Matrix> c) override { cpu_.gram(z, c); }
  void add_gram(const Matrix& z, Matrix& c) override { cpu_.add_gram(z, c); }
  std::vector<SolveStatus> cholesky(std::span<Matrix> c) override { return cpu_.cholesky(c); }
  void triangular_solve(std::span<const Matrix> l, std::span<Matrix> b) override { cpu_.triangular_solve(l, b); }
  std::vector<SolveStatus> triangular_inverse(std::span<Matrix> l) override { return cpu_.triangular_inverse(l); }
  void cumulative_energy(std::span<const Matrix> t, Part part, const Weights& weights,
                         std::span<std::vector<double>> sums) override {
    cpu_.cumulative_energy(t, part, weights, sums);
  }
  std::vector<double> residual_ratios(std::span<const Matrix> p, const Weights& mu, std::span<const double> a,
                                      std::span<const double> b) override {
    return cpu_.residual_ratios(p, mu, a, b);
  }
  void probe_counts(std::span<const Matrix> f, std::span<const Matrix> t, std::span<const double> prior,
                    std::span<const std::int32_t> labels, std::span<ProbeSums> sums) override {
    cpu_.probe_counts(f, t, prior, labels, sums);
  }

 private:
  Pretence pretence_;
  CpuBackend cpu_;
};

}  // namespace eigenlens::test
