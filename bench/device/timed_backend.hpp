// SPDX-License-Identifier: Apache-2.0
/// \file
/// A backend that hands every verb on to another one, waits until it is done, and writes down how long it took.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "device/verb_costs.hpp"

namespace eigenlens::bench {

struct Call {
  std::string verb;
  std::string shape;  ///< for people: "3072 × 3072, 8 lanes"
  std::int64_t lanes = 1;
  Cost cost;
  double seconds = 0;
};

/// The calls since `clear`, in order. Results are those of the backend inside; nothing overlaps any more.
class TimedBackend final : public Backend {
 public:
  explicit TimedBackend(std::shared_ptr<Backend> inner);
  [[nodiscard]] const std::vector<Call>& calls() const noexcept { return calls_; }
  void clear() { calls_.clear(); }
  /// `work`, then whatever is still queued. For the sums over samples, too.
  void time(Call call, const std::function<void()>& work);

  [[nodiscard]] std::string name() const override { return inner_->name(); }
  [[nodiscard]] int threads() const override { return inner_->threads(); }
  [[nodiscard]] std::int64_t memory_budget() const override { return inner_->memory_budget(); }
  [[nodiscard]] std::int64_t device_memory() const override { return inner_->device_memory(); }
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> describe() const override {
    return inner_->describe();
  }
  [[nodiscard]] int lanes(std::int64_t n, std::int64_t problems) const override { return inner_->lanes(n, problems); }
  [[nodiscard]] std::int64_t largest_order(SolveMode mode) const override { return inner_->largest_order(mode); }
  [[nodiscard]] std::int64_t solver_bytes(std::int64_t n, SolveMode mode) const override {
    return inner_->solver_bytes(n, mode);
  }
  [[nodiscard]] std::int64_t solver_host_bytes(std::int64_t n, SolveMode mode) const override {
    return inner_->solver_host_bytes(n, mode);
  }
  [[nodiscard]] Accuracy eigh_accuracy() const override { return inner_->eigh_accuracy(); }

  Matrix allocate(std::int64_t rows, std::int64_t cols) override;
  void upload(const double* host, Matrix& matrix) override;
  void download(const Matrix& matrix, double* host) override;
  std::unique_ptr<GramAccumulator> gram_accumulator(const DatasetInfo& info) override;
  std::optional<NotFinite> first_not_finite(const Batch& batch, const std::string& source) override;
  void centred_samples(const Batch& batch, const SampleCentre& centre, Matrix& x) override;
  std::unique_ptr<PixelPanels> pixel_panels(const Batch& samples) override;
  void centred_gram(const Moments& moments, std::span<const std::uint8_t> constant, double std, Matrix& g) override;
  void masked_gram(const Matrix& g, std::span<const std::int32_t> groups, double a, double b, Matrix& s) override;
  void tabled_gram(Tabled how, const Matrix& g, std::span<const std::int32_t> groups, const Matrix& table,
                   Matrix& s) override;
  std::shared_ptr<const Blocks> factor_blocks(const Matrix& g, std::span<const std::int32_t> groups,
                                              double tolerance) override;
  void block_congruence(const Blocks& blocks, const Matrix& g, Matrix& k) override;
  void block_apply(BlockOp op, const Blocks& blocks, const Matrix& w, Matrix& x) override;
  void multiply(Op op_a, Op op_b, std::span<const Matrix> a, std::span<const Matrix> b, double beta,
                std::span<Matrix> c) override;
  void scale_rows(std::span<const Matrix> a, const Weights& weights, std::span<Matrix> x) override;
  void congruence(const Matrix& e, const Weights& weights, std::span<Matrix> h) override;
  std::vector<SolveStatus> eigh(std::span<Matrix> a, std::span<Matrix> z,
                                std::span<std::vector<double>> values) override;
  std::vector<SolveStatus> svd(const Matrix& f, const Weights& weights, std::span<Matrix> a, std::span<Matrix> z,
                               std::span<std::vector<double>> values) override;
  void normalize_columns(std::span<Matrix> z, const Weights& weights, std::span<std::vector<double>> norms) override;
  void gram(std::span<const Matrix> z, std::span<Matrix> c) override;
  void add_gram(const Matrix& z, Matrix& c) override;
  std::vector<SolveStatus> cholesky(std::span<Matrix> c) override;
  void triangular_solve(std::span<const Matrix> l, std::span<Matrix> b) override;
  std::vector<SolveStatus> triangular_inverse(std::span<Matrix> l) override;
  void cumulative_energy(std::span<const Matrix> t, Part part, const Weights& weights,
                         std::span<std::vector<double>> sums) override;
  std::vector<double> residual_ratios(std::span<const Matrix> p, const Weights& mu, std::span<const double> a,
                                      std::span<const double> b) override;
  void probe_counts(std::span<const Matrix> f, std::span<const Matrix> t, std::span<const double> prior,
                    std::span<const std::int32_t> labels, std::span<ProbeSums> sums) override;

 private:
  std::shared_ptr<Backend> inner_;
  Matrix little_;                          ///< what is downloaded to wait
  std::vector<std::int64_t> block_sizes_;  ///< of the structure that was factored last
  std::vector<Call> calls_;
};

}  // namespace eigenlens::bench
