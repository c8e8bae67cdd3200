// SPDX-License-Identifier: Apache-2.0
/// \file
/// Every eigenpair of FᵀF + λΛ for any number of λ: a diagonal matrix and one of rank C (docs/math.md, (36)).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "eigenlens/dense.hpp"
#include "solve/poles.hpp"
#include "solve/secular.hpp"

namespace eigenlens {

/// Whether eigenvectors are wanted beside what they do to Λ and F.
enum class Eigenvectors { none, all };

/// h₁ … h_R of FᵀF + λΛ, orthonormal; entry or row k belongs to h_k.
struct JointBasis {
  std::vector<double> mu;      ///< descending; at λ = ∞ the eigenvalues of Λ
  DenseF64 targets;            ///< R × C: (F h_k)ᵀ
  std::vector<double> inputs;  ///< h_kᵀΛh_k
  DenseF64 h;                  ///< R × R, columns, or nothing
  double residual = 0;         ///< max ‖(FᵀF + λΛ − μ)h‖ / ‖FᵀF + λΛ‖; at λ = 0 of Λ in ker F
  double orthogonality = 0;    ///< ‖HHᵀ − I‖_F, by a random sketch
  std::string routine;
};

/// The limit λ → ∞: the principal components, H = I, in their order. μ = λΛ, or Λ at λ = ∞.
JointBasis principal_basis(std::span<const double> spectrum, const DenseF64& f, double lambda, Eigenvectors wanted);

/// ‖(Λ − ν)h + FᵀFh/λ‖, (Λ − ν)h being `defect` (n numbers) and Fh `t` (rows of f); at λ = 0 the part of `defect` that
/// is orthogonal to the rows of F. f of n columns, its rows orthogonal and of norm sigma. 4n·rows flops.
double update_defect(const DenseF64& f, const std::vector<double>& sigma, double lambda, const double* t,
                     const double* defect);
/// Rows × 16, standard normal, the same every time: to estimate norms with.
DenseF64 check_sketch(std::int64_t rows);

class LowRankUpdate {
 public:
  /// `spectrum` (R, descending, positive), F of C × R, not zero. Prepares what all λ share: O(R²C²) flops.
  LowRankUpdate(std::span<const double> spectrum, const DenseF64& f, int threads);
  LowRankUpdate(const LowRankUpdate&) = delete;
  LowRankUpdate& operator=(const LowRankUpdate&) = delete;

  /// λ in [0, ∞]. 0 is the limit λ → 0: the eigenvectors of FᵀF, then those of Λ restricted to ker F. ∞ is the limit
  /// λ → ∞: those of Λ. Cost: O(R²C²) flops; R² more numbers if eigenvectors are wanted. Errors: numerical, where a
  /// root is not found or vectors of equal roots are not independent.
  [[nodiscard]] JointBasis solve(double lambda, Eigenvectors wanted) const;

 private:
  struct Work;
  struct Panel;
  struct Cluster {
    std::size_t first;
    std::size_t count;
  };

  void place_all(Work& work) const;
  void add_rank_directions(Work& work) const;
  void add_idle(Work& work) const;
  void add_roots(Work& work) const;
  [[nodiscard]] static std::vector<Cluster> clusters_of(std::vector<Root>& roots, const Poles& poles);
  void add_panel(Work& work, std::span<const Cluster> clusters, Panel& panel) const;
  void add_column(Work& work, const Root& root, const double* h, const double* t, Panel& panel) const;

  DenseF64 f_;  ///< C × R
  Poles poles_;
  Secular secular_;
  DenseF64 omega_;  ///< A × 16, standard normal, fixed seed
  int threads_;
};

}  // namespace eigenlens
