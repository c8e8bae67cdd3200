// SPDX-License-Identifier: Apache-2.0
#include "solve/basis_checks.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "solve/sketch.hpp"

namespace eigenlens {
namespace {

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
  const std::vector<double> sizes = squared_norms(p, sketch.each(sketch.from(p.order())));
  apply_second_moment(p, p.g, family.groups, strengths, sketch);
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
