// SPDX-License-Identifier: Apache-2.0
/// \file
/// The roots of the secular equation of Λ + FᵀF/λ, many side by side (docs/math.md, (38) to (41)).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "eigenlens/dense.hpp"
#include "solve/poles.hpp"
#include "solve/small_problem.hpp"

namespace eigenlens {

class Secular {
 public:
  /// Tables at every pole, for every λ: 2A²C′² flops. `poles` is referred to; at least one is active.
  Secular(const Poles& poles, int threads);

  /// All eigenvalues in the span of the active slots at λ ≥ 0, descending; at λ = 0 the first C′ lie at infinity and
  /// are left out. About five rounds of 2A²C′² flops and A eigenproblems of order C′ + 2. Errors: numerical, where an
  /// eigensolver fails or a root is not found.
  [[nodiscard]] std::vector<Root> roots(double lambda) const;

  /// The eigenvectors of some roots: columns of h (A × count), not normalised, and F·h (C′ × count). Roots of one
  /// place, bit for bit, get independent vectors.
  void vectors(double lambda, std::span<const Root> roots, double* h, double* t) const;

 private:
  /// Poles of one place.
  struct Site {
    std::int64_t first = 0;
    std::int64_t end = 0;
    std::int64_t near_first = 0;  ///< with those around that are much nearer to each other than to the rest
    std::int64_t near_end = 0;
  };
  /// Of some roots, a column each: A × n, 1/(λ_r − ν) and its square, zero at the near poles; and what they sum to,
  /// F diag(·) Fᵀ as packed lower triangles, pairs × n.
  struct Room {
    std::vector<double> reciprocals;
    std::vector<double> squares;
    std::vector<double> first;
    std::vector<double> second;
  };
  using Steps = std::vector<std::vector<double>>;

  void find_sites();
  void find_near(std::int64_t site);
  void find_row_space();
  [[nodiscard]] double place_of(std::int64_t site) const;
  [[nodiscard]] double far_distance(const Root& root) const;
  void evaluate(std::span<const Root> roots, Room& room) const;

  /// How many eigenvalues lie above each site, and the Newton steps of every eigenpair of the small matrix there.
  [[nodiscard]] std::vector<std::int64_t> counts(double lambda, Steps& steps) const;
  [[nodiscard]] std::vector<double> ritz_values(double lambda) const;
  [[nodiscard]] Root above_all(double lambda, std::int64_t k, const Steps& steps, double ritz) const;
  [[nodiscard]] Root between(std::int64_t upper, std::int64_t k, const Steps& steps) const;
  void refine(double lambda, std::vector<Root>& roots) const;

  const Poles& poles_;
  int threads_;
  std::int64_t pairs_;  ///< C′(C′ + 1)/2
  DenseF64 products_;   ///< A × pairs: f_i f_j of every pole
  std::vector<Site> sites_;
  std::vector<Root> site_roots_;     ///< at δ = 0
  std::vector<double> site_first_;   ///< pairs × sites
  std::vector<double> site_second_;  ///< pairs × sites
  DenseF64 ritz_;                    ///< C′ × C′: Λ in the row space of F
};

}  // namespace eigenlens
