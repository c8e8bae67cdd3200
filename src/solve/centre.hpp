// SPDX-License-Identifier: Apache-2.0
/// \file
/// Moments of the centred, globally scaled data (docs/math.md, section 1).
#pragma once

#include <cstdint>
#include <vector>

#include "eigenlens/dense.hpp"
#include "eigenlens/moments.hpp"

namespace eigenlens {

/// Whether the labels matter to what is made of the moments.
enum class Labels {
  needed,  ///< at least two classes, a sample in each
  unused,  ///< whatever they are, one class included
};

/// Entries of G and M for X centred and divided by one global standard deviation, read from moments that it refers to.
/// Exact moments are centred in 128-bit integers, N·Σxxᵀ − ΣxΣxᵀ, and rounded once: constant and duplicate pixels stay
/// exactly so.
class Centring {
 public:
  /// Throws Error(data): fewer than two samples, or labels that are not as needed; Error(numerical): no pixel varies.
  explicit Centring(const Moments& moments, Labels labels = Labels::needed);

  [[nodiscard]] std::int64_t dimension() const { return moments_.dimension(); }  ///< D
  [[nodiscard]] std::int64_t classes() const { return moments_.classes(); }      ///< C
  [[nodiscard]] std::int64_t count() const { return moments_.count; }            ///< N
  [[nodiscard]] double global_std() const { return global_std_; }                ///< in units of the data
  [[nodiscard]] double trace() const {
    return static_cast<double>(count()) * static_cast<double>(dimension());
  }  ///< tr G = ‖X‖² = N·D
  /// Eigenvalues of G at or below this share of the largest are rounding: ε·D, for float moments at least 10ε√N.
  [[nodiscard]] double rank_tolerance() const { return rank_tolerance_; }
  [[nodiscard]] bool constant(std::int64_t i) const { return constant_[static_cast<std::size_t>(i)] != 0; }
  [[nodiscard]] const std::vector<std::uint8_t>& constants() const { return constant_; }  ///< D: 1 where constant
  [[nodiscard]] std::int64_t constant_pixels() const;
  [[nodiscard]] const Moments& moments() const { return moments_; }
  [[nodiscard]] const std::vector<std::int64_t>& class_counts() const { return moments_.class_counts; }

  [[nodiscard]] double gram(std::int64_t i, std::int64_t j) const;   ///< G_ij
  [[nodiscard]] double cross(std::int64_t i, std::int64_t c) const;  ///< M_ic
  [[nodiscard]] DenseF64 cross() const;                              ///< D × C

 private:
  /// Σxxᵀ − ΣxΣxᵀ/N, or the same of x − shift; not yet divided by the variance.
  [[nodiscard]] double centred_gram(std::int64_t i, std::int64_t j) const;

  const Moments& moments_;
  double global_std_ = 0;
  double rank_tolerance_ = 0;
  std::vector<std::uint8_t> constant_;
};

}  // namespace eigenlens
