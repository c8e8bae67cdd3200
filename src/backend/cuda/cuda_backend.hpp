// SPDX-License-Identifier: Apache-2.0
/// \file
/// The verbs on an NVIDIA GPU: cuBLAS and cuSOLVER, and the kernels in kernels/ where they have none.
#pragma once

#include "backend/backend.hpp"
#include "backend/cuda/context.hpp"
#include "backend/cuda/eigen_choice.hpp"

namespace eigenlens::cuda {

/// X (D × count) ← the centred samples of bytes that are on the device.
void centre_on_device(Context& context, const std::uint8_t* values, std::int64_t dimension, std::int64_t count,
                      const SampleCentre& centre, Matrix& x);

class CudaBackend final : public Backend {
 public:
  /// device: its ordinal; threads ≥ 1 and host_memory in bytes are the host's; route: of eigenproblems. Throws
  /// Error(unavailable) if there is no such device, or if the environment asks cuBLAS for emulated float64.
  CudaBackend(int device, int threads, std::int64_t host_memory, EigenRoute route = EigenRoute::by_size);

  // cuda_backend.cpp
  [[nodiscard]] std::string name() const override { return "cuda"; }
  [[nodiscard]] int threads() const override { return threads_; }
  [[nodiscard]] std::int64_t memory_budget() const override { return host_memory_; }
  [[nodiscard]] std::int64_t device_memory() const override;
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> describe() const override;
  [[nodiscard]] int lanes(std::int64_t n, std::int64_t problems) const override;
  [[nodiscard]] std::int64_t largest_order(SolveMode mode) const override;
  [[nodiscard]] std::int64_t solver_bytes(std::int64_t n, SolveMode mode) const override;
  [[nodiscard]] std::int64_t solver_host_bytes(std::int64_t n, SolveMode mode) const override;
  [[nodiscard]] Accuracy eigh_accuracy() const override { return Accuracy::absolute; }
  Matrix allocate(std::int64_t rows, std::int64_t cols) override;
  void upload(const double* host, Matrix& matrix) override;
  void download(const Matrix& matrix, double* host) override;

  // cuda_moments.cpp, cuda_blocks.cpp
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

  // cuda_dense.cpp, cuda_eigen.cpp
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

  // cuda_probe.cpp
  void probe_counts(std::span<const Matrix> f, std::span<const Matrix> t, std::span<const double> prior,
                    std::span<const std::int32_t> labels, std::span<ProbeSums> sums) override;

 private:
  std::shared_ptr<Context> context_;
  int threads_;
  std::int64_t host_memory_;
  EigenRoute route_;
};

}  // namespace eigenlens::cuda
