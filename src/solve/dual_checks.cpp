// SPDX-License-Identifier: Apache-2.0
#include "solve/dual_checks.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "solve/sketch.hpp"

namespace eigenlens {
namespace {

class DualPencil final : public Pencil {
 public:
  DualPencil(Matrix t, double largest) : t_(std::move(t)), largest_(largest) {}

  /// ‖KTw − μ(aT + b)w‖ / (λ₁θ₁‖w‖): (63).
  [[nodiscard]] std::vector<double> residuals(Problem& p, std::span<const Strength> strengths, const Weights& mu,
                                              std::span<const Matrix> sketched) const override {
    std::vector<double> a, b;
    for (const Strength& strength : strengths) {
      a.push_back(strength.a);
      b.push_back(strength.b);
    }
    std::vector<double> residuals = p.backend.residual_ratios(sketched, mu, a, b);
    for (double& residual : residuals) residual = std::sqrt(residual) / (p.largest * largest_);
    return residuals;
  }

  /// ‖(TW)ᵀ(aT + b)W − I‖, with TW = UΘ^{½}(aΘ + b)^{-½}Z from the factors: (64).
  [[nodiscard]] std::vector<Orthogonality> orthogonality(Problem& p, const Family& family,
                                                         std::span<const Strength> strengths, const Weights& w,
                                                         std::span<const Matrix> z) const override {
    const std::size_t lanes = strengths.size();
    Weights right = w, left = w;
    std::vector<double> sizes;  // ‖W‖_F‖TW‖_F: U and Z are orthonormal
    for (std::size_t l = 0; l < lanes; ++l) {
      double size_right = 0, size_left = 0;
      for (std::size_t k = 0; k < w[l].size(); ++k) {
        right[l][k] /= std::sqrt(family.theta[k]);
        left[l][k] *= std::sqrt(family.theta[k]);
        size_right += right[l][k] * right[l][k];
        size_left += left[l][k] * left[l][k];
      }
      sizes.push_back(std::sqrt(size_right * size_left));
    }
    Sketch sketch(p, lanes);
    apply_basis(p, family, right, z, sketch);
    apply_second_moment(p, t_, {}, strengths, sketch);
    apply_transposed_basis(p, family, left, z, sketch);
    const std::vector<double> defects = squared_norms(p, sketch.each(sketch.from(family.rank())));
    std::vector<Orthogonality> all;
    for (std::size_t l = 0; l < lanes; ++l) {
      const double norm = strengths[l].a * largest_ + strengths[l].b;
      const double rounding = std::numeric_limits<double>::epsilon() * norm * sizes[l];
      all.push_back({.defect = std::sqrt(defects[l] / static_cast<double>(sketch_columns)),
                     .limit = std::min(1e-6 + 10 * rounding, 0.1)});
    }
    return all;
  }

 private:
  Matrix t_;
  double largest_;
};

}  // namespace

std::shared_ptr<const Pencil> dual_pencil(Matrix t, double largest) {
  return std::make_shared<const DualPencil>(std::move(t), largest);
}

}  // namespace eigenlens
