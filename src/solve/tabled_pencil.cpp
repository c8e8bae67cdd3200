// SPDX-License-Identifier: Apache-2.0
#include "solve/tabled_pencil.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "backend/single.hpp"
#include "backend/transfer.hpp"
#include "eigenlens/error.hpp"
#include "host/index.hpp"
#include "solve/refine_tail.hpp"

namespace eigenlens {
namespace {

void require(const SolveStatus& status) {
  if (!status.ok) throw Error(ErrorCode::numerical, fmt::format("{}: {}", status.routine, status.detail));
}

class TabledPencil {
 public:
  TabledPencil(Problem& problem, const Family& principal, const NoiseTable& noise)
      : p_(problem),
        backend_(problem.backend),
        noise_(noise),
        d_(problem.dimension()),
        r_(principal.rank()),
        lambda_(principal.theta),
        basis_(principal.u),
        q_room_(problem.workspace.factor.size() > 0 ? problem.workspace.factor : backend_.allocate(d_, d_)),
        omega_(uploaded(backend_, problem.omega)) {
    for (std::int64_t i = 0; i < d_; ++i) {
      if (p_.centring.constant(i)) continue;
      shown_ = shown_ == 0 ? noise.first[at(i)] : shown_;
      uneven_ = uneven_ || noise.first[at(i)] != shown_;
      hides_ = hides_ || noise.first[at(i)] == 0;
    }
  }

  SolvedBasis solve() {
    factor();
    whiten();
    decompose();
    check();
    if (uneven_) cross_energies();
    orthonormalize();
    return std::move(solved_);
  }

 private:
  [[nodiscard]] Matrix scratch(std::int64_t rows, std::int64_t cols) const {
    return p_.workspace.scratch[0].reshaped(rows, cols);
  }
  [[nodiscard]] Matrix vectors(std::int64_t rows, std::int64_t cols) const {
    return p_.workspace.vectors[0].reshaped(rows, cols);
  }
  /// λ_k^power times a constant.
  [[nodiscard]] Weights weights(double power, double constant = 1) const {
    Weights w(1);
    for (const double value : lambda_) w[0].push_back(constant * std::pow(value, power));
    return w;
  }
  /// Shown more often than never, and not constant; noise may also be all that a constant pixel has.
  [[nodiscard]] std::vector<std::int32_t> present() const {
    std::vector<std::int32_t> groups;
    for (std::int64_t i = 0; i < d_; ++i) {
      const bool power = noise_.how == Tabled::factors ? noise_.first[at(i)] > 0 && !p_.centring.constant(i)
                                                       : !p_.centring.constant(i) || noise_.table(i, i) > 0;
      groups.push_back(power ? 0 : -1);
    }
    return groups;
  }

  void factor();
  void whiten();
  void decompose();
  void check();
  void cross_energies();
  void orthonormalize();
  [[nodiscard]] std::int64_t representation_rank();
  [[nodiscard]] Matrix padded_factor();
  [[nodiscard]] double residual(const Matrix& sketched);
  void check_orthogonality();

  Problem& p_;
  Backend& backend_;
  const NoiseTable& noise_;
  std::int64_t d_, r_;
  std::vector<double> lambda_;  // R
  Matrix basis_;                // D × R: P
  Matrix q_room_;               // D × D
  Matrix omega_;                // D × s
  double shown_ = 0;            // p, where it is the same for all
  bool uneven_ = false;
  bool hides_ = false;  // a pixel that varies is never shown
  Matrix s_omega_;      // D × s
  std::shared_ptr<const Blocks> l_;
  std::int64_t n_ = 0;  // rank of S
  Matrix q_;            // n × R: L⁻¹diag(p)P
  Matrix w_;            // n × R: L⁻¹P, or q where p is even: then it is p times that
  Matrix u_;            // n × rank
  std::int64_t rank_ = 0;
  double norm_ = 0;  // ‖A₁A₁ᵀ‖_F, estimated
  SolvedBasis solved_;
};

/// (48): S = LLᵀ, by the rank policy of G itself, and SΩ for the checks.
void TabledPencil::factor() {
  Matrix s = scratch(d_, d_);
  second_moment(p_, noise_, s);
  s_omega_ = backend_.allocate(d_, sketch_columns);
  multiply_single(backend_, Op::none, Op::none, s, omega_, 0, s_omega_);
  l_ = backend_.factor_blocks(s, present(), p_.centring.rank_tolerance());
  n_ = l_->rank();
}

void TabledPencil::whiten() {
  Matrix seen = scratch(d_, r_);
  backend_.scale_rows(single(basis_), Weights{noise_.first}, single(seen));
  q_ = q_room_.reshaped(n_, r_);
  backend_.block_apply(BlockOp::solve, *l_, seen, q_);
  w_ = q_;
  if (!uneven_) return;
  w_ = p_.workspace.kernel.reshaped(n_, r_);
  backend_.block_apply(BlockOp::solve, *l_, basis_, w_);
}

/// Of diag(p)G: that of G among the pixels that are ever shown, decided as (30) decides R.
std::int64_t TabledPencil::representation_rank() {
  const std::int64_t most = std::min(n_, r_);
  if (!hides_) return most;
  std::vector<std::int32_t> seen;
  for (const double first : noise_.first) seen.push_back(first > 0 ? 0 : 1);
  DenseF64 table(2, 2);
  table(0, 0) = 1;
  Matrix g = scratch(d_, d_), z = vectors(d_, d_);
  backend_.tabled_gram(Tabled::factors, p_.g, seen, uploaded(backend_, table), g);
  std::vector<double> values;
  require(backend_.eigh(single(g), single(z), std::span(&values, 1))[0]);
  const double threshold = p_.centring.rank_tolerance() * values[0];
  const auto rank = std::count_if(values.begin(), values.end(), [&](double v) { return v > threshold; });
  if (rank == 0) throw Error(ErrorCode::numerical, "no pixel that varies is ever shown");
  return std::min<std::int64_t>(most, rank);
}

/// q with rows of zeros below, so that it has as many rows as columns.
Matrix TabledPencil::padded_factor() {
  if (n_ >= r_) return q_;
  DenseF64 identity(r_, n_);
  for (std::int64_t i = 0; i < n_; ++i) identity(i, i) = 1;
  Matrix padded = backend_.allocate(r_, r_);
  multiply_single(backend_, Op::none, Op::none, uploaded(backend_, identity), q_, 0, padded);
  return padded;
}

/// (49) and (50): μ, Z and U.
void TabledPencil::decompose() {
  rank_ = representation_rank();
  Weights mu(1);
  Matrix z = vectors(r_, r_);
  std::vector<SolveStatus> status;
  if (p_.mode == SolveMode::accurate) {
    const Matrix f = padded_factor();
    Matrix a = scratch(f.rows(), r_);
    status = backend_.svd(f, weights(1), single(a), single(z), mu);
  } else {
    Matrix qq = vectors(r_, r_), h = scratch(r_, r_);
    backend_.gram(single(q_), single(qq));
    backend_.congruence(qq, weights(1), single(h));
    status = backend_.eigh(single(h), single(z), mu);
    Family whole;  // H = KᵀK with K = qΛ is that of a family with Q = q, Θ = Λ, a = 0, b = 1
    whole.theta = lambda_;
    whole.q = q_;
    const Strength strength{.a = 0, .b = 1};
    refine_tails(p_, whole, std::span(&strength, 1), single(z), mu, status);
  }
  require(status[0]);
  solved_.routine = std::move(status[0].routine);
  solved_.mu.assign(mu[0].begin(), mu[0].begin() + rank_);
  for (double& value : solved_.mu) value = std::max(value, 0.0);
  Matrix scaled = scratch(r_, rank_);
  backend_.scale_rows(single(z.columns(0, rank_)), weights(1), single(scaled));
  u_ = vectors(n_, rank_);
  multiply_single(backend_, Op::none, Op::none, q_, scaled, 0, u_);
  Weights norms(1);
  backend_.normalize_columns(single(u_), Weights(1), norms);
}

/// (27), (28) and (54), from G and S as they came, and the noisy probe's sums.
void TabledPencil::check() {
  const std::int64_t c = p_.classes();
  Matrix right = backend_.allocate(d_, c + 4 * sketch_columns);
  const auto part = [&](std::int64_t i) { return right.columns(c + i * sketch_columns, sketch_columns); };
  const Weights first{noise_.first};
  Matrix noisy = right.columns(0, c), a = part(0), b = part(1);
  backend_.scale_rows(single(p_.right.columns(0, c)), first, single(noisy));
  backend_.scale_rows(single(omega_), first, single(b));
  multiply_single(backend_, Op::none, Op::none, p_.g, b, 0, a);
  multiply_single(backend_, Op::none, Op::none, p_.g, a, 0, b);
  backend_.scale_rows(single(b), first, single(a));
  Weights energy(1);
  backend_.cumulative_energy(single(a), Part::full, Weights(1), energy);
  norm_ = std::sqrt(energy[0].back() / static_cast<double>(sketch_columns));
  for (const std::int64_t i : {1, 2}) {
    Matrix same = part(i);
    backend_.scale_rows(single(s_omega_), Weights(1), single(same));
  }
  Matrix last = part(3);
  backend_.scale_rows(single(omega_), Weights(1), single(last));
  Matrix solved = backend_.allocate(n_, right.cols()), projected = backend_.allocate(rank_, right.cols());
  backend_.block_apply(BlockOp::solve, *l_, right, solved);
  multiply_single(backend_, Op::transpose, Op::none, u_, solved, 0, projected);
  Weights sums(1);
  backend_.cumulative_energy(single(projected.columns(0, c)), Part::full, Weights(1), sums);
  solved_.explained_noisy = std::move(sums[0]);
  solved_.residual = residual(projected.columns(c, 4 * sketch_columns));
  check_orthogonality();
}

double TabledPencil::residual(const Matrix& sketched) {
  const double a = 0, b = 1;
  const std::vector<double> ratio =
      backend_.residual_ratios(single(sketched), Weights{solved_.mu}, std::span(&a, 1), std::span(&b, 1));
  return std::sqrt(ratio[0]) / norm_;
}

/// (29) and (34): Vᵀ(S(VΩ)) − Ω.
void TabledPencil::check_orthogonality() {
  DenseF64 leading(rank_, sketch_columns);
  for (std::int64_t j = 0; j < sketch_columns; ++j) std::copy_n(p_.omega.col(j), rank_, leading.col(j));
  Matrix probe = uploaded(backend_, leading);
  Matrix turned = p_.workspace.sketch[0].reshaped(n_, sketch_columns);
  Matrix inputs = p_.workspace.sketch[1].reshaped(d_, sketch_columns);
  Matrix seen = p_.workspace.sketch[0].reshaped(d_, sketch_columns);
  Matrix solved = p_.workspace.sketch[1].reshaped(n_, sketch_columns);
  multiply_single(backend_, Op::none, Op::none, u_, probe, 0, turned);
  backend_.block_apply(BlockOp::solve_transposed, *l_, turned, inputs);
  Weights size(1), defect(1);
  backend_.cumulative_energy(single(inputs), Part::full, Weights(1), size);
  Matrix s = scratch(d_, d_);
  second_moment(p_, noise_, s);
  multiply_single(backend_, Op::none, Op::none, s, inputs, 0, seen);
  backend_.block_apply(BlockOp::solve, *l_, seen, solved);
  multiply_single(backend_, Op::transpose, Op::none, u_, solved, -1, probe);
  backend_.cumulative_energy(single(probe), Part::full, Weights(1), defect);
  // Schur: no eigenvalue of E∘G is above G's largest times E's largest diagonal entry. Of a sum: the largest row sum.
  double norm = p_.largest;
  if (noise_.how == Tabled::factors) norm *= *std::max_element(noise_.first.begin(), noise_.first.end());
  double rows = 0;
  for (std::int64_t j = 0; j < d_ && noise_.how == Tabled::addends; ++j) {
    double sum = 0;
    for (std::int64_t i = 0; i < d_; ++i) sum += std::abs(noise_.table(i, j));
    rows = std::max(rows, sum);
  }
  const auto columns = static_cast<double>(sketch_columns);
  const double rounding = std::numeric_limits<double>::epsilon() * (norm + rows) * size[0].back() / columns;
  solved_.orthogonality = std::sqrt(defect[0].back() / columns);
  solved_.orthogonality_limit = std::min(1e-6 + 10 * rounding, 0.1);
}

/// (53): v_kᵀA₁Gv_k from ‖G diag(p + t)v_k‖², t the mean of p.
void TabledPencil::cross_energies() {
  double t = 0;
  for (const double first : noise_.first) t += first / static_cast<double>(d_);
  Weights clean(1), both(1);
  Matrix c = scratch(r_, rank_);
  multiply_single(backend_, Op::transpose, Op::none, w_, u_, 0, c);
  backend_.scale_rows(single(c), Weights{std::vector<double>(at(r_), -t)}, single(c));
  multiply_single(backend_, Op::transpose, Op::none, q_, u_, -1, c);
  backend_.normalize_columns(single(c), weights(1), both);
  multiply_single(backend_, Op::transpose, Op::none, w_, u_, 0, c);
  backend_.normalize_columns(single(c), weights(1), clean);
  for (std::size_t k = 0; k < solved_.mu.size(); ++k) {
    const double sum = both[0][k], plain = t * clean[0][k];
    solved_.clean_cross.push_back((sum * sum - solved_.mu[k] - plain * plain) / (2 * t));
  }
}

/// (51): with unit G-norms, VᵀGV = YᵀY = LLᵀ, T = L⁻¹VᵀM and T_x = L⁻¹VᵀG.
void TabledPencil::orthonormalize() {
  const double share = uneven_ ? 1 : 1 / shown_;
  Matrix y = scratch(r_, rank_);
  multiply_single(backend_, Op::transpose, Op::none, w_, u_, 0, y);
  Weights norms(1), inverse(1), sums(1);
  backend_.normalize_columns(single(y), weights(0.5, share), norms);
  for (const double norm : norms[0]) {
    solved_.clean_power.push_back(norm * norm);
    inverse[0].push_back(1 / norm);
  }
  if (!uneven_)
    for (const double mu : solved_.mu) solved_.clean_cross.push_back(mu / shown_);
  Matrix inputs = (uneven_ ? q_room_ : p_.workspace.kernel).reshaped(rank_, r_);
  multiply_single(backend_, Op::transpose, Op::none, u_, w_, 0, inputs);
  // Vᵀ of M, and for encoders of I, while U is there
  const std::int64_t wide = p_.orthonormalized();
  Matrix solved = p_.workspace.rows[0][0].reshaped(n_, wide);
  Matrix cross = p_.workspace.rows[1][0].reshaped(rank_, wide);
  backend_.block_apply(BlockOp::solve, *l_, p_.right.columns(0, wide), solved);
  multiply_single(backend_, Op::transpose, Op::none, u_, solved, 0, cross);
  Matrix c = vectors(rank_, rank_);
  backend_.gram(single(y), single(c));
  require(backend_.cholesky(single(c))[0]);
  backend_.scale_rows(single(inputs), inverse, single(inputs));
  backend_.triangular_solve(single(c), single(inputs));
  backend_.cumulative_energy(single(inputs), Part::full, weights(2, share * share), sums);
  solved_.explained_inputs = std::move(sums[0]);
  backend_.scale_rows(single(cross), inverse, single(cross));
  backend_.triangular_solve(single(c), single(cross));
  read_targets(p_, single(cross), std::span(&solved_, 1));
}

}  // namespace

SolvedBasis solve_tabled(Problem& problem, const Family& principal, const NoiseTable& noise) {
  return TabledPencil(problem, principal, noise).solve();
}

}  // namespace eigenlens
