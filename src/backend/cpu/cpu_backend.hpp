// SPDX-License-Identifier: Apache-2.0
/// \file
/// The verbs on the CPU: LAPACK through OpenBLAS, and our own kernels where it has none.
#pragma once

#include <functional>

#include "backend/backend.hpp"

namespace eigenlens {

class CpuBackend final : public Backend {
 public:
  /// threads ≥ 1, memory in bytes.
  CpuBackend(int threads, std::int64_t memory);

  [[nodiscard]] std::string name() const override { return "cpu"; }
  [[nodiscard]] int threads() const override { return threads_; }
  [[nodiscard]] std::int64_t memory_budget() const override { return memory_; }
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> describe() const override;
  [[nodiscard]] int lanes(std::int64_t n, std::int64_t problems) const override;
  [[nodiscard]] std::int64_t largest_order(SolveMode mode) const override;

  Matrix allocate(std::int64_t rows, std::int64_t cols) override;
  void upload(const double* host, Matrix& matrix) override;
  void download(const Matrix& matrix, double* host) override;

  std::unique_ptr<GramAccumulator> gram_accumulator(const DatasetInfo& info) override;

  void multiply(char op_a, char op_b, const Matrix& a, const Matrix& b, Matrix& c) override;
  void block_solve(const BlockFactor& blocks, const Matrix& w, Matrix& x) override;
  void block_congruence(const BlockFactor& blocks, const Matrix& g, Matrix& k) override;
  void block_multiply(const BlockFactor& blocks, const Matrix& u, Matrix& q) override;
  void block_solve_transposed(const BlockFactor& blocks, const Matrix& u, Matrix& v) override;

  void congruence(const Matrix& e, std::span<const std::vector<double>> weights, std::span<Matrix> h) override;
  std::vector<SolveStatus> eigh(std::span<Matrix> a, std::span<Matrix> z,
                                std::span<std::vector<double>> values) override;
  std::vector<SolveStatus> svd(const Matrix& f, std::span<const std::vector<double>> weights, std::span<Matrix> a,
                               std::span<Matrix> z, std::span<std::vector<double>> values) override;
  void normalize_columns(std::span<Matrix> z, std::span<const std::vector<double>> weights,
                         std::span<std::vector<double>> norms) override;
  void gram(std::span<const Matrix> z, std::span<Matrix> c) override;
  std::vector<SolveStatus> cholesky(std::span<Matrix> c) override;
  void triangular_solve(std::span<const Matrix> l, std::span<Matrix> b) override;
  void inverse_row_norms(std::span<Matrix> l, std::span<const std::vector<double>> weights,
                         std::span<std::vector<double>> out) override;

 private:
  /// Calls body(l) for every lane: side by side on one BLAS thread each, or a single one on all of them.
  void for_lanes(std::size_t lanes, const std::function<void(std::size_t)>& body) const;

  int threads_;
  std::int64_t memory_;
};

}  // namespace eigenlens
