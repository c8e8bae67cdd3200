// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "device/solvers.hpp"

namespace eigenlens::bench {
namespace {

/// Falls from 1 to 10^(−decades/2).
double weight(std::int64_t i, std::int64_t n, double decades) {
  return n == 1 ? 1 : std::pow(10, -decades / 2 * static_cast<double>(i) / static_cast<double>(n - 1));
}

/// One sweep of rotations that make columns orthogonal; returns the largest cosine that was met.
double sweep_once(std::int64_t n, std::vector<double>& f) {
  double largest = 0;
  for (std::int64_t p = 0; p < n; ++p)
    for (std::int64_t q = p + 1; q < n; ++q) {
      double* x = f.data() + p * n;
      double* y = f.data() + q * n;
      double xx = 0, yy = 0, xy = 0;
      for (std::int64_t i = 0; i < n; ++i) xx += x[i] * x[i], yy += y[i] * y[i], xy += x[i] * y[i];
      const double cosine = std::abs(xy) / std::sqrt(xx * yy);
      largest = std::max(largest, cosine);
      if (cosine < 1e-16) continue;
      const double zeta = (yy - xx) / (2 * xy);
      const double t = std::copysign(1, zeta) / (std::abs(zeta) + std::sqrt(1 + zeta * zeta));
      const double c = 1 / std::sqrt(1 + t * t), s = c * t;
      for (std::int64_t i = 0; i < n; ++i) {
        const double old = x[i];
        x[i] = c * old - s * y[i];
        y[i] = s * old + c * y[i];
      }
    }
  return largest;
}

}  // namespace

std::vector<double> graded_matrix(std::int64_t n, double decades, std::uint64_t seed) {
  std::vector<double> a = random_doubles(n * n, seed);
  const double small = 0.5 / std::sqrt(static_cast<double>(n));
  for (std::int64_t j = 0; j < n; ++j)
    for (std::int64_t i = j; i < n; ++i) {
      double& lower = a[static_cast<std::size_t>(i + j * n)];
      lower = ((i == j) + small * lower) * weight(i, n, decades) * weight(j, n, decades);
      a[static_cast<std::size_t>(j + i * n)] = lower;
    }
  return a;
}

Graded graded_problem(std::int64_t n, double decades, std::uint64_t seed) {
  std::vector<double> f = random_doubles(n * n, seed);
  const double small = 0.5 / std::sqrt(static_cast<double>(n));
  for (std::int64_t j = 0; j < n; ++j)
    for (std::int64_t i = 0; i < n; ++i) {
      double& entry = f[static_cast<std::size_t>(i + j * n)];
      entry = ((i == j) + small * entry) * weight(j, n, decades);
    }
  Graded problem{std::vector<double>(static_cast<std::size_t>(n * n)), {}};
  for (std::int64_t j = 0; j < n; ++j)
    for (std::int64_t i = j; i < n; ++i) {
      long double sum = 0;
      for (std::int64_t k = 0; k < n; ++k)
        sum +=
            static_cast<long double>(f[static_cast<std::size_t>(k + i * n)]) * f[static_cast<std::size_t>(k + j * n)];
      problem.matrix[static_cast<std::size_t>(i + j * n)] = static_cast<double>(sum);
      problem.matrix[static_cast<std::size_t>(j + i * n)] = static_cast<double>(sum);
    }
  for (int sweep = 0; sweep < 30 && sweep_once(n, f) > 1e-15; ++sweep) {
  }
  for (std::int64_t j = 0; j < n; ++j) {
    long double sum = 0;
    for (std::int64_t i = 0; i < n; ++i)
      sum += static_cast<long double>(f[static_cast<std::size_t>(i + j * n)]) * f[static_cast<std::size_t>(i + j * n)];
    problem.eigenvalues.push_back(static_cast<double>(sum));
  }
  std::sort(problem.eigenvalues.begin(), problem.eigenvalues.end());
  return problem;
}

}  // namespace eigenlens::bench
