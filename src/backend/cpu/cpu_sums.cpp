// SPDX-License-Identifier: Apache-2.0
// What of a basis reaches the host: sums over rows, column by column as the matrices lie, rows in order.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "backend/cpu/cpu_backend.hpp"
#include "host/index.hpp"

namespace eigenlens {

void CpuBackend::cumulative_energy(std::span<const Matrix> t, Part part, const Weights& weights,
                                   std::span<std::vector<double>> sums) {
  for_lanes(t.size(), [&](std::size_t l) {
    const std::int64_t rows = t[l].rows();
    std::vector<double>& sum = sums[l];
    sum.assign(at(rows), 0);
    for (std::int64_t j = 0; j < t[l].cols(); ++j) {
      const double* column = t[l].data() + j * rows;
      const double w = weights[l].empty() ? 1 : weights[l][at(j)];
      for (std::int64_t i = part == Part::lower ? j : 0; i < rows; ++i) sum[at(i)] += column[i] * column[i] * w;
    }
    std::partial_sum(sum.begin(), sum.end(), sum.begin());
  });
}

std::vector<double> CpuBackend::residual_ratios(std::span<const Matrix> p, const Weights& mu, std::span<const double> a,
                                                std::span<const double> b) {
  std::vector<double> largest(p.size());
  for_lanes(p.size(), [&](std::size_t l) {
    const std::int64_t rows = p[l].rows(), part = p[l].size() / 4;
    std::vector<double> residual(at(rows)), norm(at(rows));
    const double* x = p[l].data();
    for (std::int64_t e = 0; e < part; ++e) {
      const std::size_t k = at(e % rows);
      const double r = x[e] - mu[l][k] * (a[l] * x[e + part] + b[l] * x[e + 2 * part]);
      residual[k] += r * r;
      norm[k] += x[e + 3 * part] * x[e + 3 * part];
    }
    for (std::size_t k = 0; k < norm.size(); ++k) {
      const double ratio = norm[k] == 0 ? 0 : residual[k] / norm[k];
      largest[l] = std::isnan(ratio) || std::isnan(largest[l]) ? std::numeric_limits<double>::quiet_NaN()
                                                               : std::max(largest[l], ratio);
    }
  });
  return largest;
}

}  // namespace eigenlens
