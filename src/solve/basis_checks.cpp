// SPDX-License-Identifier: Apache-2.0
#include "solve/basis_checks.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "backend/single.hpp"

namespace eigenlens {
namespace {

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

/// V probe = L_B^{-T} U diag(w) Z probe, D rows.
void apply_basis(Problem& p, const Family& family, const Weights& w, std::span<const Matrix> z, Sketch& sketch) {
  const std::int64_t rank = family.rank();
  std::vector<Matrix> probes = sketch.each(sketch.from(rank));
  if (z.empty()) {
    p.backend.scale_rows(single(family.probe), w, probes);
  } else {
    p.backend.multiply(Op::none, Op::none, z, single(family.probe), 0, probes);
    p.backend.scale_rows(probes, w, probes);
  }
  Matrix turned = sketch.to(family.u.rows());
  multiply_single(p.backend, Op::none, Op::none, family.u, sketch.from(rank), 0, turned);
  sketch.turn();
  if (family.isotropic()) return;
  Matrix inputs = sketch.to(p.dimension());
  p.backend.block_apply(BlockOp::solve_transposed, *family.blocks, turned, inputs);
  sketch.turn();
}

/// S = aG + bB, from the entries of G, times the sketch.
void apply_second_moment(Problem& p, const Family& family, std::span<const Strength> strengths, Sketch& sketch) {
  const std::int64_t d = p.dimension();
  std::vector<Matrix> s;
  for (std::size_t l = 0; l < strengths.size(); ++l) {
    s.push_back(p.workspace.scratch[l].reshaped(d, d));
    p.backend.masked_gram(p.g, family.groups, strengths[l].a, strengths[l].b, s[l]);
  }
  std::vector<Matrix> products = sketch.each(sketch.to(d));
  p.backend.multiply(Op::none, Op::none, s, sketch.each(sketch.from(d)), 0, products);
  sketch.turn();
}

/// Vᵀ of the sketch, minus the probe: R rows.
void apply_transposed_basis(Problem& p, const Family& family, const Weights& w, std::span<const Matrix> z,
                            Sketch& sketch) {
  const std::int64_t rank = family.rank();
  if (!family.isotropic()) {
    Matrix whitened = sketch.to(family.u.rows());
    p.backend.block_apply(BlockOp::solve, *family.blocks, sketch.from(p.dimension()), whitened);
    sketch.turn();
  }
  Matrix turned = sketch.to(rank);
  std::vector<Matrix> lanes = sketch.each(turned);
  if (z.empty()) {  // diag(w)(Uᵀy − diag(w)⁻¹ probe)
    Weights inverse = w;
    for (std::vector<double>& lane : inverse)
      for (double& value : lane) value = 1 / value;
    p.backend.scale_rows(single(family.probe), inverse, lanes);
    multiply_single(p.backend, Op::transpose, Op::none, family.u, sketch.from(family.u.rows()), -1, turned);
    p.backend.scale_rows(lanes, w, lanes);
    sketch.turn();
    return;
  }
  multiply_single(p.backend, Op::transpose, Op::none, family.u, sketch.from(family.u.rows()), 0, turned);
  p.backend.scale_rows(lanes, w, lanes);
  sketch.turn();
  std::vector<Matrix> differences = sketch.each(sketch.to(rank));
  p.backend.scale_rows(single(family.probe), Weights(w.size()), differences);
  p.backend.multiply(Op::transpose, Op::none, z, lanes, -1, differences);
  sketch.turn();
}

/// ‖X‖_F² of every lane.
std::vector<double> squared_norms(Problem& p, const std::vector<Matrix>& x) {
  Weights energies(x.size());
  p.backend.cumulative_energy(x, Part::full, Weights(x.size()), energies);
  std::vector<double> norms;
  for (const std::vector<double>& energy : energies) norms.push_back(energy.back());
  return norms;
}

class NoisePencil final : public Pencil {
 public:
  [[nodiscard]] std::vector<double> residuals(Problem& p, std::span<const Strength> strengths, const Weights& mu,
                                              std::span<const Matrix> sketched) const override;
  [[nodiscard]] std::vector<Orthogonality> orthogonality(Problem& p, const Family& family,
                                                         std::span<const Strength> strengths, const Weights& w,
                                                         std::span<const Matrix> z) const override;
};

std::vector<double> NoisePencil::residuals(Problem& p, std::span<const Strength> strengths, const Weights& mu,
                                           std::span<const Matrix> sketched) const {
  std::vector<double> a, b;
  for (const Strength& strength : strengths) {
    a.push_back(strength.a);
    b.push_back(strength.b);
  }
  std::vector<double> residuals = p.backend.residual_ratios(sketched, mu, a, b);
  for (double& residual : residuals) residual = std::sqrt(residual) / (p.largest * p.largest);
  return residuals;
}

std::vector<Orthogonality> NoisePencil::orthogonality(Problem& p, const Family& family,
                                                      std::span<const Strength> strengths, const Weights& w,
                                                      std::span<const Matrix> z) const {
  const std::size_t lanes = strengths.size();
  Sketch sketch(p, lanes);
  apply_basis(p, family, w, z, sketch);
  const std::vector<double> sizes = squared_norms(p, sketch.each(sketch.from(p.dimension())));
  apply_second_moment(p, family, strengths, sketch);
  apply_transposed_basis(p, family, w, z, sketch);
  const std::vector<double> defects = squared_norms(p, sketch.each(sketch.from(family.rank())));
  std::vector<Orthogonality> all;
  for (std::size_t l = 0; l < lanes; ++l) {
    // No eigenvalue of B is above G's largest: B is made of blocks on G's diagonal.
    const double norm = strengths[l].a * p.largest + strengths[l].b * (family.isotropic() ? 1 : p.largest);
    const double rounding =
        std::numeric_limits<double>::epsilon() * norm * sizes[l] / static_cast<double>(sketch_columns);
    all.push_back({.defect = std::sqrt(defects[l] / static_cast<double>(sketch_columns)),
                   .limit = std::min(1e-6 + 10 * rounding, 0.1)});
  }
  return all;
}

}  // namespace

std::shared_ptr<const Pencil> noise_pencil() {
  static const auto pencil = std::make_shared<const NoisePencil>();
  return pencil;
}

}  // namespace eigenlens
