// SPDX-License-Identifier: Apache-2.0
// What of a basis reaches the host, on every backend against plain loops: sums over leading rows, and residuals.
#include <gtest/gtest.h>

#include <cmath>

#include "backend/single.hpp"
#include "backend/transfer.hpp"
#include "support/backend_cases.hpp"
#include "support/tolerance.hpp"

namespace eigenlens::test {
namespace {

class BackendSums : public BackendTest {};
INSTANTIATE_TEST_SUITE_P(Every, BackendSums, ::testing::ValuesIn(backend_cases()), case_name);

std::vector<double> naive_cumulative_energy(const DenseF64& t, Part part, const std::vector<double>& w) {
  std::vector<double> sums;
  long double sum = 0;
  for (std::int64_t i = 0; i < t.rows(); ++i) {
    for (std::int64_t j = 0; j < (part == Part::lower ? std::min(i + 1, t.cols()) : t.cols()); ++j)
      sum += static_cast<long double>(t(i, j)) * t(i, j) * (w.empty() ? 1 : w[static_cast<std::size_t>(j)]);
    sums.push_back(static_cast<double>(sum));
  }
  return sums;
}

TEST_P(BackendSums, CumulativeEnergy) {
  Draws draws(backend_seed);
  std::vector<std::pair<std::int64_t, std::int64_t>> sizes = {{597, 10}, {597, 1}, {43, 129}, {2000, 3}};
  for (const std::int64_t n : verb_orders) sizes.emplace_back(n, n);
  for (const auto& [rows, cols] : sizes)
    for (const Part part : {Part::full, Part::lower})
      for (std::size_t lanes = 1; lanes <= 3; ++lanes) {
        SCOPED_TRACE(::testing::Message()
                     << rows << " x " << cols << ", " << lanes << " lanes" << (part == Part::lower ? ", lower" : ""));
        std::vector<DenseF64> host, seen;
        Weights weights, sums(lanes, {std::nan("")});
        for (std::size_t l = 0; l < lanes; ++l) {
          host.push_back(random_matrix(rows, cols, draws));
          seen.push_back(part == Part::lower ? poisoned_above(host.back()) : host.back());
          weights.push_back(l == 1 ? Weights::value_type{} : random_weights(cols, draws));
        }
        backend().cumulative_energy(uploaded_lanes(seen), part, weights, sums);
        for (std::size_t l = 0; l < lanes; ++l) {
          const std::vector<double> expected = naive_cumulative_energy(host[l], part, weights[l]);
          ASSERT_EQ(sums[l].size(), expected.size());
          for (std::size_t k = 0; k < expected.size(); ++k)
            EXPECT_TRUE(within(std::fabs(sums[l][k] - expected[k]), rounding_bound(rows + cols, expected[k])))
                << "row " << k << " of lane " << l;
        }
      }
}

TEST_P(BackendSums, CumulativeEnergyIsTheSameEveryTime) {
  Draws draws(backend_seed);
  const Matrix t = uploaded(backend(), random_matrix(597, 129, draws));
  Weights first(1), again(1);
  backend().cumulative_energy(single(t), Part::full, Weights(1), first);
  backend().cumulative_energy(single(t), Part::full, Weights(1), again);
  EXPECT_EQ(first, again);
}

/// Weights of μ that leave residuals of about the given size: x = μ(a y + b z) + size.
struct Sketched {
  DenseF64 p;
  std::vector<double> mu;
  double a = 0;
  double b = 0;
};

Sketched random_sketch(std::int64_t rows, std::int64_t cols, double size, Draws& draws) {
  Sketched s{.p = random_matrix(rows, 4 * cols, draws), .mu = random_weights(rows, draws), .a = 1, .b = 3};
  for (std::int64_t k = 0; k < rows; ++k)
    for (std::int64_t j = 0; j < cols; ++j)
      s.p(k, j) =
          size * s.p(k, j) + s.mu[static_cast<std::size_t>(k)] * (s.a * s.p(k, j + cols) + s.b * s.p(k, j + 2 * cols));
  return s;
}

double naive_residual_ratio(const Sketched& s) {
  const std::int64_t cols = s.p.cols() / 4;
  long double largest = 0;
  for (std::int64_t k = 0; k < s.p.rows(); ++k) {
    long double residual = 0, norm = 0;
    for (std::int64_t j = 0; j < cols; ++j) {
      const long double r = s.p(k, j) - static_cast<long double>(s.mu[static_cast<std::size_t>(k)]) *
                                            (static_cast<long double>(s.a) * s.p(k, j + cols) +
                                             static_cast<long double>(s.b) * s.p(k, j + 2 * cols));
      residual += r * r;
      norm += static_cast<long double>(s.p(k, j + 3 * cols)) * s.p(k, j + 3 * cols);
    }
    if (norm > 0) largest = std::max(largest, residual / norm);
  }
  return static_cast<double>(largest);
}

TEST_P(BackendSums, ResidualRatios) {
  Draws draws(backend_seed);
  for (const std::int64_t rows : {1, 2, 31, 33, 129, 597})
    for (const std::int64_t cols : {1, 32, 33})
      for (std::size_t lanes = 1; lanes <= 3; ++lanes) {
        SCOPED_TRACE(::testing::Message() << rows << " x " << cols << ", " << lanes << " lanes");
        std::vector<Sketched> sketches;
        std::vector<Matrix> p;
        Weights mu;
        std::vector<double> a, b;
        for (std::size_t l = 0; l < lanes; ++l) {
          sketches.push_back(random_sketch(rows, cols, 1e-3, draws));
          if (rows > 2)  // a row without a vector counts for nothing
            for (std::int64_t j = 0; j < cols; ++j) sketches[l].p(rows / 2, j + 3 * cols) = 0;
          p.push_back(uploaded(backend(), sketches[l].p));
          mu.push_back(sketches[l].mu);
          a.push_back(sketches[l].a);
          b.push_back(sketches[l].b);
        }
        const std::vector<double> found = backend().residual_ratios(p, mu, a, b);
        ASSERT_EQ(found.size(), lanes);
        for (std::size_t l = 0; l < lanes; ++l) {
          const double expected = naive_residual_ratio(sketches[l]);
          // Each difference of 1e-3 is left of terms of up to 3.
          EXPECT_TRUE(within(std::fabs(found[l] - expected), rounding_bound(cols, 1e4) * expected)) << "lane " << l;
        }
      }
}

TEST_P(BackendSums, ResidualRatiosHideNoNaN) {
  Draws draws(backend_seed);
  for (const std::int64_t bad : {0, 40, 128}) {
    Sketched s = random_sketch(129, 32, 1e-3, draws);
    s.p(bad, 3) = std::nan("");
    const std::vector<double> found =
        backend().residual_ratios(single(uploaded(backend(), s.p)), {s.mu}, std::vector{s.a}, std::vector{s.b});
    EXPECT_TRUE(std::isnan(found[0])) << "row " << bad << ": " << found[0];
  }
}

}  // namespace
}  // namespace eigenlens::test
