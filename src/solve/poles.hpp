// SPDX-License-Identifier: Apache-2.0
/// \file
/// Λ and F made ready for the secular equation: F of full row rank, every pole once for each direction that it moves in
/// (docs/math.md, (38)).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "eigenlens/dense.hpp"

namespace eigenlens {

/// FᵀF + λΛ in coordinates where the rows of F are independent and orthogonal, and where of m equal eigenvalues of Λ no
/// more than rank F have a column of F. Columns of zeros are eigenvectors whatever λ is: they are idle, the others
/// active. A "slot" is a coordinate in 0 … R − 1, in the order of Λ.
struct Poles {
  /// An orthogonal change of the coordinates first … first + m − 1, which share one eigenvalue: old = rotation · new.
  struct Turn {
    std::int64_t first = 0;
    DenseF64 rotation;  ///< m × m
  };

  std::vector<double> spectrum;    ///< R: Λ by slot, descending; equal ones made exactly so
  std::vector<double> place;       ///< A: Λ of the active slots
  std::vector<std::int64_t> slot;  ///< A: their slots
  std::vector<std::int64_t> idle;  ///< R − A slots
  DenseF64 f;                      ///< C′ × A: σ times orthonormal rows, C′ = rank F
  DenseF64 classes;                ///< C × C′, orthonormal: F = classes · f, in the turned coordinates
  std::vector<double> sigma;       ///< C′ singular values of F, descending
  std::vector<Turn> turns;

  /// `spectrum` (R, descending, positive), F of C × R. One singular value decomposition of F: O(C²R) flops, and one for
  /// every group of equal eigenvalues. Errors: numerical, if it fails.
  Poles(std::span<const double> spectrum, const DenseF64& f);

  [[nodiscard]] std::int64_t rank() const { return static_cast<std::int64_t>(spectrum.size()); }  ///< R
  [[nodiscard]] std::int64_t active() const { return static_cast<std::int64_t>(place.size()); }   ///< A
  [[nodiscard]] std::int64_t directions() const { return f.rows(); }                              ///< C′
  /// λ itself, or its limit 0 or ∞ where FᵀF or λΛ is so much smaller than the least of the other that nothing of it is
  /// left in 64-bit numbers.
  [[nodiscard]] double effective(double lambda) const;
  /// A vector in turned coordinates (R numbers) is turned back.
  void turn_back(double* h) const;
};

}  // namespace eigenlens
