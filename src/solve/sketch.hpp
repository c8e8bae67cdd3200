// SPDX-License-Identifier: Apache-2.0
/// \file
/// What the checks of every pencil are made of: products of a basis with a few random columns (docs/math.md, (29)).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "pretext/strength.hpp"
#include "solve/family.hpp"

namespace eigenlens {

/// A sketch of s columns a lane on its way through a product of matrices: from one room (`from`) to another (`to`), and
/// back with turn(). The lanes lie side by side, so that a factor that they share takes them all at once.
class Sketch {
 public:
  Sketch(Problem& p, std::size_t lanes) : rooms_(p.workspace.sketch), lanes_(static_cast<std::int64_t>(lanes)) {}

  void turn() { now_ = 1 - now_; }
  [[nodiscard]] Matrix from(std::int64_t rows) const { return rooms_[now_].reshaped(rows, lanes_ * sketch_columns); }
  [[nodiscard]] Matrix to(std::int64_t rows) const { return rooms_[1 - now_].reshaped(rows, lanes_ * sketch_columns); }
  /// The lanes of from() or to().
  [[nodiscard]] std::vector<Matrix> each(const Matrix& all) const {
    std::vector<Matrix> views;
    for (std::int64_t l = 0; l < lanes_; ++l) views.push_back(all.columns(l * sketch_columns, sketch_columns));
    return views;
  }

 private:
  const Matrix* rooms_;
  std::int64_t lanes_;
  int now_ = 0;
};

/// V probe = L_B^{-T} U diag(w) Z probe, one row an input; without blocks L_B = I, no z: Z = I.
void apply_basis(Problem& p, const Family& family, const Weights& w, std::span<const Matrix> z, Sketch& sketch);
/// S = aG + bB times the sketch, from the entries of G within groups; no groups: B = I. Takes the workspace's scratch.
void apply_second_moment(Problem& p, const Matrix& g, std::span<const std::int32_t> groups,
                         std::span<const Strength> strengths, Sketch& sketch);
/// Vᵀ of the sketch, minus the probe: R rows.
void apply_transposed_basis(Problem& p, const Family& family, const Weights& w, std::span<const Matrix> z,
                            Sketch& sketch);
/// ‖X‖_F² of every lane.
std::vector<double> squared_norms(Problem& p, const std::vector<Matrix>& x);

}  // namespace eigenlens
