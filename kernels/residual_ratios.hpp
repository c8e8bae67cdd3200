// SPDX-License-Identifier: Apache-2.0
/// \file
/// The largest squared residual of an eigenpair relative to its vector, from sketches: (27) and (28) of docs/math.md.
#pragma once

#include <cstdint>
#include <limits>

#include "kernels/host_device.hpp"
#include "kernels/launch.hpp"

namespace eigenlens::kernels {

/// Σ_j (x_kj − μ_k(a y_kj + b z_kj))² / Σ_j v_kj² for P = [X Y Z V], each rows × s; 0 where the denominator is.
EIGENLENS_HOST_DEVICE inline double residual_ratio(const double* p, std::int64_t rows, std::int64_t s, double mu,
                                                   double a, double b, std::int64_t k) {
  const std::int64_t part = rows * s;
  double residual = 0, norm = 0;
  for (std::int64_t e = k; e < part; e += rows) {
    const double r = p[e] - mu * (a * p[e + part] + b * p[e + 2 * part]);
    residual += r * r;
    norm += p[e + 3 * part] * p[e + 3 * part];
  }
  return norm == 0 ? 0 : residual / norm;
}

/// The larger of two numbers; not a number if one is not.
struct LargerOrNan {
  EIGENLENS_HOST_DEVICE double operator()(double a, double b) const {
    if (a != a || b != b) return not_a_number;
    return a < b ? b : a;
  }
  static constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
};

/// *largest ← max_k residual_ratio, P of rows × 4s, mu of rows; 0 without rows.
Status residual_ratios(std::int64_t rows, std::int64_t s, const double* p, const double* mu, double a, double b,
                       double* largest, Stream stream);

}  // namespace eigenlens::kernels
