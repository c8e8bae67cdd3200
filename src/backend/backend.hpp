// SPDX-License-Identifier: Apache-2.0
/// \file
/// The verbs over which every algorithm of eigenlens is written once. A backend owns its memory and its threads or
/// streams. Matrices are column-major float64; a span of matrices is a batch of independent problems of one size, to be
/// solved side by side. Letters: D inputs, C classes, R rank, b samples, s columns of a sketch.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
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
  /// Columns first … first + count − 1, the same memory; it lives as long as any of its views.
  [[nodiscard]] Matrix columns(std::int64_t first, std::int64_t count) const {
    return {std::shared_ptr<void>(memory_, static_cast<double*>(memory_.get()) + first * rows_), rows_, count};
  }

 private:
  std::shared_ptr<void> memory_;
  std::int64_t rows_ = 0;
  std::int64_t cols_ = 0;
};

/// Sums over samples on a device; see MomentsAccumulator, which checks the batches first.
class GramAccumulator {
 public:
  virtual ~GramAccumulator() = default;
  /// The batch is checked, and its values are there: of batches in CUDA memory by Backend::first_not_finite.
  virtual void add(const Batch& batch) = 0;
  /// Labels up to classes − 1 from now on; more than there were. Sums stay. Throws Error(memory), and nothing changes.
  virtual void grow(std::int64_t classes) = 0;
  /// Fills count, sums, gram (both triangles), cross and class_counts of `moments`.
  virtual void finish(Moments& moments) = 0;
};

/// What an eigensolver promises of small eigenvalues and their vectors (docs/math.md, section 4).
enum class Accuracy {
  graded,    ///< of a graded matrix, to their own precision, down to about 50nελ₁
  absolute,  ///< to ελ₁: what lies far below λ₁ has to be refined by the caller
};

/// The first value of a batch that is NaN or infinite, sample by sample.
struct NotFinite {
  std::int64_t index;  ///< sample · D + feature
  double value;
};

/// Numerical outcome of one problem of a batch.
struct SolveStatus {
  bool ok = true;
  std::string routine;  ///< what answered, with any fallback: "dsytrd+dstemr", "dsytrd+dstedc after dstemr failed …"
  std::string detail;   ///< if not ok: "not positive definite at pivot 17 of 784"
  Accuracy accuracy = Accuracy::graded;
};

/// The factor of B = G ∘ [same group] = L_B L_Bᵀ in a backend's memory. L_B is D × n_B; block by block its leading
/// rank_g rows (the independent coordinates) are lower triangular.
class Blocks {
 public:
  virtual ~Blocks() = default;
  [[nodiscard]] virtual std::int64_t rank() const = 0;  ///< n_B = Σ rank_g
};

enum class Op { none, transpose };

/// What block_apply does with L_B.
enum class BlockOp {
  solve,     ///< X (n_B × m) ← L_B⁻¹ W[independent rows], W of D × m. m Σ rank_g² flops.
  multiply,  ///< X (D × m) ← L_B W, W of n_B × m; rows of constant coordinates are zero. 2m Σ size_g·rank_g.
  solve_transposed,  ///< X (D × m) ← L_B^{-T} W on the independent rows, zero elsewhere. m Σ rank_g² flops.
};

/// What a table's entries are to those of G.
enum class Tabled { factors, addends };

/// Which entries of a matrix count.
enum class Part { full, lower };

/// What is taken off every coordinate of a sample, and what the rest is multiplied by: ((x − shift) − mean)·scale. On
/// the host, D of each.
struct SampleCentre {
  std::vector<double> shift, mean, scale;
};

/// Weights of the lanes of a batch, on the host; an empty one stands for ones.
using Weights = std::vector<std::vector<double>>;

/// How a linear classifier with k = 1 … R features did, summed over samples; entry k − 1 of every vector.
struct ProbeSums {
  std::vector<std::int64_t> top1;             ///< samples whose class has the largest logit
  std::vector<std::int64_t> top5;             ///< … one of the five largest
  std::vector<double> squared_error;          ///< Σ e, e = ‖logits − one-hot‖²
  std::vector<double> squared_error_squared;  ///< Σ e²
};

/// Pixels of samples that a backend keeps in its own memory while this lives, a panel of pixels at a time.
class PixelPanels {
 public:
  virtual ~PixelPanels() = default;
  /// X (P × N) ← P pixels of every sample, centred; P of each in `centre`. Bytes as they came stay for gram().
  virtual void take(std::span<const std::int64_t> pixels, const SampleCentre& centre, Matrix& x) = 0;
  /// G (P × P, both triangles) ← the centred Gram matrix over std² of the pixels that were taken last, none of which
  /// is constant, from exact sums. 2NP² operations of bytes.
  virtual void gram(double std, Matrix& g) = 0;
};

/// Calls may return before the work is done; their order is kept, and whatever reaches the host is complete. A backend
/// serves one caller at a time.
class Backend {
 public:
  virtual ~Backend() = default;

  [[nodiscard]] virtual std::string name() const = 0;
  [[nodiscard]] virtual int threads() const = 0;                 ///< of the host
  [[nodiscard]] virtual std::int64_t memory_budget() const = 0;  ///< bytes of host memory
  /// Bytes of the memory that matrices live in that can be had now, where it is not the host's; else 0.
  [[nodiscard]] virtual std::int64_t device_memory() const = 0;
  [[nodiscard]] virtual std::vector<std::pair<std::string, std::string>> describe() const = 0;
  /// How many problems of order n run best side by side, of `problems` in all.
  [[nodiscard]] virtual int lanes(std::int64_t n, std::int64_t problems) const = 0;
  /// The largest order that eigh (standard) or svd (accurate) accepts; beyond it sizes would overflow inside the
  /// library.
  [[nodiscard]] virtual std::int64_t largest_order(SolveMode mode) const = 0;
  /// Bytes that eigh or svd of order n takes beside its arguments, for every lane.
  [[nodiscard]] virtual std::int64_t solver_bytes(std::int64_t n, SolveMode mode) const = 0;
  /// Bytes of the host's memory that it takes for every lane beside that, where matrices do not lie there.
  [[nodiscard]] virtual std::int64_t solver_host_bytes(std::int64_t /*n*/, SolveMode /*mode*/) const { return 0; }
  [[nodiscard]] virtual Accuracy eigh_accuracy() const = 0;

  // Memory.
  virtual Matrix allocate(std::int64_t rows, std::int64_t cols) = 0;  ///< not initialised
  virtual void upload(const double* host, Matrix& matrix) = 0;
  virtual void download(const Matrix& matrix, double* host) = 0;

  // Moments, and what is made of them.
  virtual std::unique_ptr<GramAccumulator> gram_accumulator(const DatasetInfo& info) = 0;
  /// Of a batch whose values lie in CUDA memory: waits until batch.stream has written them, and looks for a value that
  /// is not finite; reads b·D values. Throws Error(usage) if they do not lie in this backend's memory; `source` is
  /// named.
  virtual std::optional<NotFinite> first_not_finite(const Batch& batch, const std::string& source) = 0;
  /// The leading b columns of X (D rows) ← the centred samples of a batch of values on the host, in float64. They cross
  /// the bus as they came: reads b·D values there, writes b·D numbers.
  virtual void centred_samples(const Batch& batch, const SampleCentre& centre, Matrix& x) = 0;
  /// Of samples on the host, all of a set; null where they had better stay there: floats, samples that do not fit
  /// beside what is made of them, or a backend whose memory is the host's.
  virtual std::unique_ptr<PixelPanels> pixel_panels(const Batch& samples) = 0;
  /// G (D × D, both triangles) ← the centred Gram matrix over std², rows and columns of constant coordinates zero:
  /// (3) to (5) of docs/math.md, by kernels/centred_gram.hpp.
  virtual void centred_gram(const Moments& moments, std::span<const std::uint8_t> constant, double std, Matrix& g) = 0;
  /// S (D × D, both triangles) ← aG + bB with B = G ∘ [groups[i] = groups[j] ≥ 0]; no groups: B = I. Reads and writes
  /// D² numbers.
  virtual void masked_gram(const Matrix& g, std::span<const std::int32_t> groups, double a, double b, Matrix& s) = 0;
  /// S (D × D, both triangles) ← G and a table T of P × P, entry by entry: S_ij = G_ij·T_{g(i)g(j)} or G_ij +
  /// T_{g(i)g(j)}. groups of D, in [0, P). Reads and writes D² numbers.
  virtual void tabled_gram(Tabled how, const Matrix& g, std::span<const std::int32_t> groups, const Matrix& table,
                           Matrix& s) = 0;

  // The block-diagonal part.
  /// B = G ∘ [groups[i] = groups[j] ≥ 0] = L_B L_Bᵀ, a Cholesky factorisation with complete pivoting a block, which
  /// ends at pivots of `tolerance` times the block's largest entry or below. groups of D, negative: in no block. Σ
  /// size_g³/3 flops.
  virtual std::shared_ptr<const Blocks> factor_blocks(const Matrix& g, std::span<const std::int32_t> groups,
                                                      double tolerance) = 0;
  /// K (n_B × n_B) ← L_B⁻¹ G[independent rows and columns] L_B^{-T}, G symmetric of D × D. 2 n_B Σ rank_g² flops.
  virtual void block_congruence(const Blocks& blocks, const Matrix& g, Matrix& k) = 0;
  virtual void block_apply(BlockOp op, const Blocks& blocks, const Matrix& w, Matrix& x) = 0;

  // Batched verbs: one problem a lane, side by side. Of symmetric and triangular matrices the lower triangle is read
  // and written.
  /// C_l ← op(A_l)·op(B_l) + β C_l, β 0 or −1 (0: C_l is not read). A single A or B serves every lane. 2mnk flops.
  virtual void multiply(Op op_a, Op op_b, std::span<const Matrix> a, std::span<const Matrix> b, double beta,
                        std::span<Matrix> c) = 0;
  /// X_l ← diag(w_l) A_l; a single A serves every lane. X_l may be A_l.
  virtual void scale_rows(std::span<const Matrix> a, const Weights& weights, std::span<Matrix> x) = 0;
  /// H_l ← diag(w_l) E diag(w_l). 2n² flops.
  virtual void congruence(const Matrix& e, const Weights& weights, std::span<Matrix> h) = 0;
  /// A_l = Z_l diag(values_l) Z_lᵀ: eigenvectors as columns, both descending; A_l is destroyed. About 9n³ flops. A_l
  /// may be graded, large end first; SolveStatus says what that was good for. A matrix that is not finite is a status,
  /// not an exception.
  virtual std::vector<SolveStatus> eigh(std::span<Matrix> a, std::span<Matrix> z,
                                        std::span<std::vector<double>> values) = 0;
  /// F diag(w_l) = U diag(√values_l) Z_lᵀ, F of m × n, m ≥ n: right singular vectors as columns of Z_l (n × n), both
  /// descending. A_l (m × n) is room to work in. About 20n³ flops.
  virtual std::vector<SolveStatus> svd(const Matrix& f, const Weights& weights, std::span<Matrix> a,
                                       std::span<Matrix> z, std::span<std::vector<double>> values) = 0;
  /// Z_l ← diag(w_l) Z_l, then each column divided by its norm; norms_l are returned. A column of zeros stays. 4n²
  /// flops.
  virtual void normalize_columns(std::span<Matrix> z, const Weights& weights, std::span<std::vector<double>> norms) = 0;
  /// C_l ← Z_lᵀ Z_l. mn² flops.
  virtual void gram(std::span<const Matrix> z, std::span<Matrix> c) = 0;
  /// C ← C + ZᵀZ, no batch: panels of one long sum. mn² flops.
  virtual void add_gram(const Matrix& z, Matrix& c) = 0;
  /// C_l = L Lᵀ in place. n³/3 flops. Not positive definite: a status that names the pivot, not an exception.
  virtual std::vector<SolveStatus> cholesky(std::span<Matrix> c) = 0;
  /// B_l ← L_l⁻¹ B_l, B_l of n × m. mn² flops.
  virtual void triangular_solve(std::span<const Matrix> l, std::span<Matrix> b) = 0;
  /// L_l ← L_l⁻¹. n³/3 flops.
  virtual std::vector<SolveStatus> triangular_inverse(std::span<Matrix> l) = 0;
  /// sums_l[k] = Σ_{i≤k} Σ_j t_l(i, j)² w_l[j] over the given part of T_l: squared row norms, summed over leading rows.
  virtual void cumulative_energy(std::span<const Matrix> t, Part part, const Weights& weights,
                                 std::span<std::vector<double>> sums) = 0;
  /// largest_l = max_k Σ_j (x_kj − μ_k(a y_kj + b z_kj))² / Σ_j v_kj² over rows k with a nonzero denominator, where P_l
  /// = [X Y Z V], four equal parts of columns: (27) and (28) of docs/math.md.
  virtual std::vector<double> residual_ratios(std::span<const Matrix> p, const Weights& mu, std::span<const double> a,
                                              std::span<const double> b) = 0;
  /// Adds to sums_l what the logits prior + Σ_{i≤k} t_l(i, ·) f_l(i, n) say of every sample n, for every k: (73) and
  /// (74) of docs/math.md. F_l of R × b at least, T_l of R × C, prior of C, labels of b, in [0, C); the lanes share R,
  /// C and the samples. Of equal logits the one of the lower class is larger. 4bRC flops; sums are always added up in
  /// the same order.
  virtual void probe_counts(std::span<const Matrix> f, std::span<const Matrix> t, std::span<const double> prior,
                            std::span<const std::int32_t> labels, std::span<ProbeSums> sums) = 0;
};

}  // namespace eigenlens
