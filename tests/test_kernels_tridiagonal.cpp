// SPDX-License-Identifier: Apache-2.0
// The arithmetic of the device's own eigensolver, without a device: Sturm counts, bisection and twisted vectors, on
// matrices whose eigenvalues are known or found in long double.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "kernels/reflector_block.hpp"
#include "kernels/tridiagonal_reduction.hpp"
#include "kernels/twisted_vectors.hpp"
#include "support/backend_cases.hpp"
#include "support/tolerance.hpp"

namespace eigenlens::test {
namespace {

using kernels::Factored;
using kernels::Tridiagonal;

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

/// T with its factorisation at σ.
struct Problem {
  std::vector<double> d, e, pivots, ratios;
  bool factored = false;

  Problem(std::vector<double> diagonal, std::vector<double> beside, double sigma)
      : d(std::move(diagonal)), e(std::move(beside)), pivots(d.size()), ratios(d.size()) {
    factored = kernels::factor_shifted(tridiagonal(), sigma, pivots.data(), ratios.data());
  }
  [[nodiscard]] std::int64_t n() const { return static_cast<std::int64_t>(d.size()); }
  [[nodiscard]] Tridiagonal tridiagonal() const { return {n(), d.data(), e.data()}; }
  [[nodiscard]] Factored representation() const { return {n(), pivots.data(), ratios.data(), e.data()}; }
  [[nodiscard]] double norm() const {
    double largest = 0;
    for (std::int64_t i = 0; i < n(); ++i) largest = std::max(largest, kernels::row_norm(tridiagonal(), i));
    return largest;
  }
};

/// 2 on the diagonal, −1 beside it: 2 − 2cos(kπ/(n + 1)).
Problem second_differences(std::int64_t n) {
  return {std::vector<double>(at(n), 2), std::vector<double>(at(n), -1), 0};
}
double second_difference_value(std::int64_t n, std::int64_t k) {
  const double half = std::sin(M_PI * static_cast<double>(k + 1) / static_cast<double>(2 * (n + 1)));
  return 4 * half * half;
}

/// Sixteen decades from the first entry to the last.
Problem graded(std::int64_t n) {
  const auto size = [&](std::int64_t i) {
    return std::pow(10.0, -16 * static_cast<double>(i) / static_cast<double>(n));
  };
  std::vector<double> d, e;
  for (std::int64_t i = 0; i < n; ++i) {
    d.push_back(size(i) * (1 + 0.3 * std::sin(static_cast<double>(i))));
    e.push_back(0.3 * std::sqrt(size(i) * size(i + 1)) * std::cos(static_cast<double>(i)));
  }
  return {d, e, 0};
}

/// det(LDLᵀ − x) = 0, by bisection in long double: eigenvalues of the representation itself.
long double eigenvalue_of(const Problem& p, std::int64_t index) {
  const auto below = [&](long double x) {
    std::int64_t count = 0;
    long double s = -x;
    for (std::int64_t i = 0; i < p.n(); ++i) {
      const long double pivot = p.pivots[at(i)] + s;
      count += pivot < 0 ? 1 : 0;
      if (i < p.n() - 1) s = static_cast<long double>(p.ratios[at(i)]) * p.e[at(i)] * (s / pivot) - x;
    }
    return count;
  };
  long double low = 1e-30L, high = 2 * static_cast<long double>(p.norm());
  for (int i = 0; i < 200; ++i) {
    const long double middle = high > 2 * low ? std::sqrt(low * high) : (low + high) / 2;
    (below(middle) > index ? high : low) = middle;
  }
  return high;
}

TEST(TridiagonalKernels, CountsAreThoseOfKnownEigenvalues) {
  for (const std::int64_t n : verb_orders) {
    const Problem p = second_differences(n);
    ASSERT_TRUE(p.factored);
    for (std::int64_t k = 0; k < n; ++k) {
      const double value = second_difference_value(n, k);
      EXPECT_EQ(kernels::count_below(p.representation(), value * (1 - 1e-9)), k) << "order " << n;
      EXPECT_EQ(kernels::count_below(p.representation(), value * (1 + 1e-9)), k + 1) << "order " << n;
      EXPECT_EQ(kernels::count_below(p.tridiagonal(), value * (1 - 1e-9)), k) << "order " << n;
      EXPECT_EQ(kernels::count_below(p.tridiagonal(), value * (1 + 1e-9)), k + 1) << "order " << n;
    }
  }
}

TEST(TridiagonalKernels, EveryEigenvalueToItsOwnPrecision) {
  for (const std::int64_t n : {1, 2, 31, 64, 129}) {
    const Problem p = graded(n);
    ASSERT_TRUE(p.factored);
    for (std::int64_t k = 0; k < n; ++k) {
      const auto expected = static_cast<double>(eigenvalue_of(p, k));
      const double found = kernels::eigenvalue(p.representation(), k, p.norm());
      EXPECT_TRUE(within(std::fabs(found - expected), rounding_bound(n, expected))) << "value " << k << " of " << n;
    }
  }
}

TEST(TridiagonalKernels, FactorsOnlyWhatIsPositiveDefinite) {
  EXPECT_FALSE(Problem({1, -1}, {0.1, 0}, 0).factored);
  EXPECT_FALSE(Problem({0}, {0}, 0).factored);
  EXPECT_FALSE(Problem({std::nan("")}, {0}, 0).factored);
  EXPECT_TRUE(Problem({1, -1}, {0.1, 0}, -2).factored);
  EXPECT_TRUE(Problem({1}, {0}, 0).factored);
}

TEST(TridiagonalKernels, TwistedVectorsAreEigenvectors) {
  for (const std::int64_t n : {1, 2, 31, 129})
    for (const bool small : {false, true}) {
      const Problem p = small ? graded(n) : second_differences(n);
      const auto stride = std::int64_t{3};
      std::vector<double> room(at(n * stride)), z(at(n * stride));
      for (std::int64_t k = 0; k < n; ++k) {
        const double x = kernels::eigenvalue(p.representation(), k, p.norm());
        const double square =
            kernels::twisted_vector(p.representation(), x, {room.data() + 1, stride}, {z.data(), stride});
        double found = 0, residual = 0;
        for (std::int64_t i = 0; i < n; ++i) {
          const auto entry = [&](std::int64_t r) { return r < 0 || r >= n ? 0 : z[at(r * stride)]; };
          found += entry(i) * entry(i);
          double left = (p.d[at(i)] - x) * entry(i);
          if (i > 0) left += p.e[at(i - 1)] * entry(i - 1);
          if (i < n - 1) left += p.e[at(i)] * entry(i + 1);
          residual += left * left;
        }
        EXPECT_TRUE(within(std::fabs(found - square), rounding_bound(n, square)));
        EXPECT_TRUE(within(std::sqrt(residual / square), rounding_bound(n, p.norm()))) << "value " << k << " of " << n;
      }
    }
}

TEST(TridiagonalKernels, ReflectorsTakeAColumnToItsFirstEntry) {
  const double alpha = -3, x = 4;
  const kernels::Reflector h = kernels::reflector_of(alpha, x * x);
  EXPECT_DOUBLE_EQ(h.beta, 5);
  const double v = h.scale * x, product = h.tau * (alpha + v * x);
  EXPECT_NEAR(alpha - product, h.beta, 1e-15);
  EXPECT_NEAR(x - product * v, 0, 1e-15);
  EXPECT_EQ(kernels::reflector_of(7, 1e-300).tau, 0) << "digits are lost in so small a square";
  const kernels::Reflector none = kernels::reflector_of(7, 0);
  EXPECT_EQ(none.beta, 7);
  EXPECT_EQ(none.tau, 0);
}

TEST(TridiagonalKernels, TilesOfATriangleAreAllOfThem) {
  std::int64_t index = 0;
  for (std::int64_t row = 0; row < 800; ++row)
    for (std::int64_t column = 0; column <= row; ++column, ++index) {
      const kernels::TilePlace place = kernels::tile_place(index);
      ASSERT_EQ(place.row, row) << "tile " << index;
      ASSERT_EQ(place.column, column) << "tile " << index;
    }
}

TEST(TridiagonalKernels, ReflectorsAsAFullArray) {
  // Of a 4 × 4 matrix: column 0 holds v of H_0 below row 1, column 1 that of H_1 below row 2; H_2 is the identity.
  std::vector<double> a(16, -1);
  a[2] = 5, a[3] = 6, a[3 + 4] = 7;
  const std::vector<double> tau = {1.5, 1.2, 0, 0};
  const double expected[] = {1, 5, 6, 0, 1, 7, 0, 0, 0};
  for (std::int64_t j = 0; j < 3; ++j)
    for (std::int64_t i = 0; i < 3; ++i)
      EXPECT_EQ(kernels::reflector_entry(a.data(), tau.data(), 4, 0, i, j), expected[i + 3 * j]) << i << ", " << j;
}

TEST(TridiagonalKernels, ScalesArePowersOfTwo) {
  for (const double norm : {1e-300, 0.75, 1.0, 1.5, 2.0, 1e300}) {
    const double scaled = norm * kernels::power_of_two_scale(norm);
    EXPECT_GE(scaled, 1);
    EXPECT_LT(scaled, 2);
  }
  EXPECT_EQ(kernels::power_of_two_scale(0), 1);
  EXPECT_EQ(kernels::power_of_two_scale(std::nan("")), 1);
}

}  // namespace
}  // namespace eigenlens::test
