// SPDX-License-Identifier: Apache-2.0
/// \file
/// The verbs over which every algorithm of eigenlens is written once. A backend owns its memory and its threads or
/// streams. Matrices are column-major float64; a span of matrices is a batch of independent problems of one size, to be
/// solved side by side. Letters: D inputs, C classes, R rank, b samples, s columns of a sketch.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "eigenlens/dataset.hpp"
#include "eigenlens/dense.hpp"
#include "eigenlens/moments.hpp"
#include "eigenlens/sweep.hpp"

namespace eigenlens {

/// A float64 matrix in a backend's memory; column-major, leading dimension = rows. The pointer is of that memory.
class Matrix {
 public:
  Matrix() = default;
  Matrix(std::shared_ptr<void> memory, std::int64_t rows, std::int64_t cols)
      : memory_(std::move(memory)), rows_(rows), cols_(cols) {}
  [[nodiscard]] std::int64_t rows() const noexcept { return rows_; }
  [[nodiscard]] std::int64_t cols() const noexcept { return cols_; }
  [[nodiscard]] std::int64_t size() const noexcept { return rows_ * cols_; }
  [[nodiscard]] double* data() noexcept { return static_cast<double*>(memory_.get()); }
  [[nodiscard]] const double* data() const noexcept { return static_cast<const double*>(memory_.get()); }
  /// The same memory seen as fewer elements; rows·cols must not exceed what was allocated.
  [[nodiscard]] Matrix reshaped(std::int64_t rows, std::int64_t cols) const { return {memory_, rows, cols}; }

 private:
  std::shared_ptr<void> memory_;
  std::int64_t rows_ = 0;
  std::int64_t cols_ = 0;
};

/// Sums over samples on a device; see MomentsAccumulator, which checks the batches first.
class GramAccumulator {
 public:
  virtual ~GramAccumulator() = default;
  virtual void add(const Batch& batch) = 0;
  /// Fills count, sums, gram (both triangles), cross and class_counts of `moments`.
  virtual void finish(Moments& moments) = 0;
};

/// Numerical outcome of one problem of a batch.
struct SolveStatus {
  bool ok = true;
  std::string routine;  ///< what answered, with any fallback: "dsytrd+dstedc", "dsyevr after dstedc failed (info 3)"
  std::string detail;   ///< if not ok: "not positive definite at pivot 17 of 784"
};

/// B = G ∘ [same group], block by block: rows of `index` name the D coordinates, block by block; L_B = blockdiag(L_g)
/// with L_g of size_g × rank_g, whose leading rank_g rows are lower triangular. Built by factor_blocks
/// (src/solve/block_factor.hpp).
struct BlockFactor {
  std::int64_t rows = 0;                  ///< Σ size_g: coordinates that belong to some block, ≤ D
  std::int64_t rank = 0;                  ///< Σ rank_g = n_B
  std::vector<std::int64_t> index;        ///< rows: original coordinate of each row, independent ones of a block first
  std::vector<std::int64_t> row_begin;    ///< blocks + 1: first row of each block in `index`
  std::vector<std::int64_t> rank_begin;   ///< blocks + 1: first independent direction of each block
  std::vector<std::int64_t> value_begin;  ///< blocks + 1: first value of each L_g
  std::vector<double> values;             ///< every L_g, column-major, leading dimension size_g
};

class Backend {
 public:
  virtual ~Backend() = default;

  [[nodiscard]] virtual std::string name() const = 0;
  [[nodiscard]] virtual int threads() const = 0;
  [[nodiscard]] virtual std::int64_t memory_budget() const = 0;
  [[nodiscard]] virtual std::vector<std::pair<std::string, std::string>> describe() const = 0;
  /// How many problems of order n run best side by side, of `problems` in all.
  [[nodiscard]] virtual int lanes(std::int64_t n, std::int64_t problems) const = 0;
  /// The largest order that eigh (standard) or svd (accurate) accepts; beyond it sizes would overflow inside the
  /// library.
  [[nodiscard]] virtual std::int64_t largest_order(SolveMode mode) const = 0;

  // Memory.
  virtual Matrix allocate(std::int64_t rows, std::int64_t cols) = 0;  ///< not initialised
  virtual void upload(const double* host, Matrix& matrix) = 0;
  virtual void download(const Matrix& matrix, double* host) = 0;

  // Moments.
  virtual std::unique_ptr<GramAccumulator> gram_accumulator(const DatasetInfo& info) = 0;

  // Dense verbs on one matrix: every thread works on it.
  /// C ← op(A)·op(B), op one of 'N' and 'T'. 2mnk flops.
  virtual void multiply(char op_a, char op_b, const Matrix& a, const Matrix& b, Matrix& c) = 0;
  /// X (n_B × m) ← L_B⁻¹ W[independent rows], W of D × m. m Σ rank_g² flops.
  virtual void block_solve(const BlockFactor& blocks, const Matrix& w, Matrix& x) = 0;
  /// K (n_B × n_B) ← L_B⁻¹ G[independent rows and columns] L_B^{-T}, G symmetric of D × D. 2 n_B Σ rank_g² flops.
  virtual void block_congruence(const BlockFactor& blocks, const Matrix& g, Matrix& k) = 0;
  /// Q (D × m) ← L_B U, U of n_B × m; rows of constant coordinates are zero. 2m Σ size_g·rank_g flops.
  virtual void block_multiply(const BlockFactor& blocks, const Matrix& u, Matrix& q) = 0;
  /// V (D × m) ← L_B^{-T} U on the independent rows, zero elsewhere. m Σ rank_g² flops.
  virtual void block_solve_transposed(const BlockFactor& blocks, const Matrix& u, Matrix& v) = 0;

  // Batched verbs: one problem a lane, side by side. Of symmetric matrices the lower triangle is read and written.
  /// H_l ← diag(w_l) E diag(w_l), w_l of n; an empty w_l stands for ones. 2n² flops.
  virtual void congruence(const Matrix& e, std::span<const std::vector<double>> weights, std::span<Matrix> h) = 0;
  /// A_l = Z_l diag(values_l) Z_lᵀ: eigenvectors as columns, both descending; A_l is destroyed. About 9n³ flops. A_l
  /// may be graded, large end first; eigenvalues above about 50nελ₁ and their vectors must then come out to their own
  /// precision, not to ε‖A_l‖ (docs/math.md, section 4): a routine that cannot must say so in `routine`.
  virtual std::vector<SolveStatus> eigh(std::span<Matrix> a, std::span<Matrix> z,
                                        std::span<std::vector<double>> values) = 0;
  /// F diag(w_l) = U diag(√values_l) Z_lᵀ, F of m × n, m ≥ n: right singular vectors as columns of Z_l (n × n), both
  /// descending. A_l (m × n) is room to work in. About 20n³ flops.
  virtual std::vector<SolveStatus> svd(const Matrix& f, std::span<const std::vector<double>> weights,
                                       std::span<Matrix> a, std::span<Matrix> z,
                                       std::span<std::vector<double>> values) = 0;
  /// Z_l ← diag(w_l) Z_l, then each column divided by its norm; norms_l are returned. A column of zeros stays. 4n²
  /// flops.
  virtual void normalize_columns(std::span<Matrix> z, std::span<const std::vector<double>> weights,
                                 std::span<std::vector<double>> norms) = 0;
  /// C_l ← Z_lᵀ Z_l. mn² flops.
  virtual void gram(std::span<const Matrix> z, std::span<Matrix> c) = 0;
  /// C_l = L Lᵀ in place. n³/3 flops. Not positive definite: a status that names the pivot, not an exception.
  virtual std::vector<SolveStatus> cholesky(std::span<Matrix> c) = 0;
  /// B_l ← L_l⁻¹ B_l, B_l of n × m. mn² flops.
  virtual void triangular_solve(std::span<const Matrix> l, std::span<Matrix> b) = 0;
  /// out_l[k] = Σ_j (L⁻¹)²_kj w_j, the squared row norms of L⁻¹ diag(√w); L_l is destroyed. n³/3 flops.
  virtual void inverse_row_norms(std::span<Matrix> l, std::span<const std::vector<double>> weights,
                                 std::span<std::vector<double>> out) = 0;
};

}  // namespace eigenlens
