// SPDX-License-Identifier: Apache-2.0
// Every dense verb on every backend against plain loops on the host. The block-diagonal verbs are in
// test_backend_blocks.cpp, the eigenproblems in test_backend_eigen.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "backend/single.hpp"
#include "backend/transfer.hpp"
#include "eigenlens/error.hpp"
#include "support/backend_cases.hpp"
#include "support/tolerance.hpp"

namespace eigenlens::test {
namespace {

char letter(Op op) { return op == Op::none ? 'N' : 'T'; }

class BackendVerbs : public BackendTest {};
INSTANTIATE_TEST_SUITE_P(Every, BackendVerbs, ::testing::ValuesIn(backend_cases()), case_name);

TEST_P(BackendVerbs, TheForcedBackendAnswers) {
  EXPECT_EQ(device().name(), GetParam().device);
  EXPECT_EQ(backend().name(), GetParam().device);
  EXPECT_EQ(device().threads(), GetParam().threads);
  EXPECT_FALSE(backend().describe().empty());
}

TEST(Backend, AnUnknownOneIsWrongUsage) {
  try {
    const Device device({.name = "abacus"});
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::usage);
  }
}

TEST_P(BackendVerbs, UploadAndDownload) {
  Draws draws(backend_seed);
  const DenseF64 host = random_matrix(597, 43, draws);
  EXPECT_EQ(downloaded(backend(), uploaded(backend(), host)), host);
  EXPECT_EQ(downloaded(backend(), uploaded(backend(), host).reshaped(597, 2)).col(1)[5], host(5, 1));
}

TEST_P(BackendVerbs, Multiply) {
  Draws draws(backend_seed);
  struct Sizes {
    std::int64_t m, n, k;
  };
  std::vector<Sizes> all = {{597, 43, 33}, {43, 597, 129}, {33, 2, 597}, {1, 129, 31}};
  for (const std::int64_t n : verb_orders) all.push_back({n, n, n});
  for (const auto& [m, n, k] : all)
    for (const Op op_a : {Op::none, Op::transpose})
      for (const Op op_b : {Op::none, Op::transpose}) {
        SCOPED_TRACE(::testing::Message() << letter(op_a) << letter(op_b) << ' ' << m << " x " << n << " x " << k);
        const DenseF64 a = op_a == Op::none ? random_matrix(m, k, draws) : random_matrix(k, m, draws);
        const DenseF64 b = op_b == Op::none ? random_matrix(k, n, draws) : random_matrix(n, k, draws);
        Matrix c = poisoned(m, n);
        multiply_single(backend(), op_a, op_b, uploaded(backend(), a), uploaded(backend(), b), 0, c);
        EXPECT_TRUE(within(difference(downloaded(backend(), c), naive_product(letter(op_a), letter(op_b), a, b)),
                           rounding_bound(k, largest_entry(a) * largest_entry(b))));
      }
}

/// Lanes with matrices of their own, or one that serves all, from and to columns of wider matrices.
TEST_P(BackendVerbs, MultiplyAndSubtractInLanes) {
  Draws draws(backend_seed);
  constexpr std::int64_t m = 43, n = 33, k = 65;
  for (std::size_t lanes = 1; lanes <= 3; ++lanes)
    for (const std::size_t count_a : {std::size_t{1}, lanes})
      for (const std::size_t count_b : {std::size_t{1}, lanes}) {
        SCOPED_TRACE(::testing::Message() << lanes << " lanes, " << count_a << " A, " << count_b << " B");
        std::vector<DenseF64> a, b, c;
        for (std::size_t l = 0; l < count_a; ++l) a.push_back(random_matrix(k, m, draws));
        for (std::size_t l = 0; l < count_b; ++l) b.push_back(random_matrix(k, n + 5, draws));
        for (std::size_t l = 0; l < lanes; ++l) c.push_back(random_matrix(m, n + 3, draws));
        std::vector<Matrix> right, wide = uploaded_lanes(c), to;
        for (const Matrix& matrix : uploaded_lanes(b)) right.push_back(matrix.columns(5, n));
        for (const Matrix& matrix : wide) to.push_back(matrix.columns(2, n));
        backend().multiply(Op::transpose, Op::none, uploaded_lanes(a), right, -1, to);
        for (std::size_t l = 0; l < lanes; ++l) {
          const DenseF64 full = naive_product('T', 'N', a[count_a == 1 ? 0 : l], b[count_b == 1 ? 0 : l]);
          DenseF64 expected = c[l];
          for (std::int64_t j = 0; j < n; ++j)
            for (std::int64_t i = 0; i < m; ++i) expected(i, j + 2) = full(i, j + 5) - c[l](i, j + 2);
          EXPECT_TRUE(within(difference(downloaded(backend(), wide[l]), expected), rounding_bound(k, 1)));
        }
      }
}

TEST_P(BackendVerbs, ScaleRows) {
  Draws draws(backend_seed);
  std::vector<std::pair<std::int64_t, std::int64_t>> sizes = {{597, 43}, {43, 597}};
  for (const std::int64_t n : verb_orders) sizes.emplace_back(n, n);
  for (const auto& [rows, cols] : sizes)
    for (std::size_t lanes = 1; lanes <= 3; ++lanes)
      for (const std::size_t count : {std::size_t{1}, lanes}) {
        SCOPED_TRACE(::testing::Message() << rows << " x " << cols << ", " << lanes << " lanes of " << count);
        std::vector<DenseF64> host;
        for (std::size_t l = 0; l < count; ++l) host.push_back(random_matrix(rows, cols, draws));
        Weights weights;
        for (std::size_t l = 0; l < lanes; ++l)
          weights.push_back(l == 1 ? Weights::value_type{} : random_weights(rows, draws));
        std::vector<Matrix> a = uploaded_lanes(host), x = poisoned_lanes(lanes, rows, cols);
        backend().scale_rows(a, weights, x);
        if (count == lanes) backend().scale_rows(a, weights, a);
        for (std::size_t l = 0; l < lanes; ++l) {
          DenseF64 expected = host[count == 1 ? 0 : l];
          for (std::int64_t j = 0; j < cols; ++j)
            for (std::int64_t i = 0; i < rows; ++i)
              expected(i, j) *= weights[l].empty() ? 1 : weights[l][static_cast<std::size_t>(i)];
          EXPECT_EQ(downloaded(backend(), x[l]), expected) << "lane " << l;
          if (count == lanes) {
            EXPECT_EQ(downloaded(backend(), a[l]), expected) << "in place, lane " << l;
          }
        }
      }
}

TEST_P(BackendVerbs, Congruence) {
  Draws draws(backend_seed);
  for (const std::int64_t n : verb_orders)
    for (std::size_t lanes = 1; lanes <= 3; ++lanes) {
      SCOPED_TRACE(::testing::Message() << "order " << n << ", " << lanes << " lanes");
      const DenseF64 e = random_symmetric(n, draws);
      Weights weights;
      for (std::size_t l = 0; l < lanes; ++l)
        weights.push_back(l == 1 ? Weights::value_type{} : random_weights(n, draws));
      std::vector<Matrix> h = poisoned_lanes(lanes, n, n);
      backend().congruence(uploaded(backend(), poisoned_above(e)), weights, h);
      for (std::size_t l = 0; l < lanes; ++l) {
        const std::vector<double> w =
            weights[l].empty() ? std::vector<double>(static_cast<std::size_t>(n), 1) : weights[l];
        DenseF64 expected = lower_triangle(scaled_columns(e, w));
        for (std::int64_t j = 0; j < n; ++j)
          for (std::int64_t i = j; i < n; ++i) expected(i, j) *= w[static_cast<std::size_t>(i)];
        EXPECT_TRUE(within(difference(lower_triangle(downloaded(backend(), h[l])), expected),
                           rounding_bound(1, largest_entry(expected))));
      }
    }
}

TEST_P(BackendVerbs, CongruenceOfOnesIsACopy) {
  Draws draws(backend_seed);
  const DenseF64 e = random_symmetric(33, draws);
  Matrix h = poisoned(33, 33);
  backend().congruence(uploaded(backend(), e), Weights(1), single(h));
  EXPECT_EQ(lower_triangle(downloaded(backend(), h)), lower_triangle(e));
}

/// Columns of diag(w)·Z divided by their norms; column `zero` is zero.
void expect_normalized(const DenseF64& z, const std::vector<double>& w, const DenseF64& result,
                       const std::vector<double>& norms) {
  ASSERT_EQ(static_cast<std::int64_t>(norms.size()), z.cols());
  for (std::int64_t j = 0; j < z.cols(); ++j) {
    long double sum = 0;
    for (std::int64_t i = 0; i < z.rows(); ++i) {
      const long double value = static_cast<long double>(w[static_cast<std::size_t>(i)]) * z(i, j);
      sum += value * value;
    }
    const auto norm = static_cast<double>(std::sqrt(sum));
    EXPECT_TRUE(within(std::fabs(norms[static_cast<std::size_t>(j)] - norm), rounding_bound(z.rows(), norm)));
    for (std::int64_t i = 0; i < z.rows(); ++i) {
      const double expected = norm == 0 ? 0 : w[static_cast<std::size_t>(i)] * z(i, j) / norm;
      EXPECT_TRUE(within(std::fabs(result(i, j) - expected), rounding_bound(z.rows(), std::fabs(expected))))
          << "entry " << i << ", " << j;
    }
  }
}

TEST_P(BackendVerbs, NormalizeColumns) {
  Draws draws(backend_seed);
  std::vector<std::pair<std::int64_t, std::int64_t>> sizes = {{597, 43}};
  for (const std::int64_t n : verb_orders) sizes.emplace_back(n, n);
  for (const auto& [rows, cols] : sizes)
    for (std::size_t lanes = 1; lanes <= 3; ++lanes) {
      SCOPED_TRACE(::testing::Message() << rows << " x " << cols << ", " << lanes << " lanes");
      std::vector<DenseF64> host;
      Weights weights, norms(lanes);
      for (std::size_t l = 0; l < lanes; ++l) {
        host.push_back(random_matrix(rows, cols, draws));
        std::fill_n(host.back().col(cols / 2), cols > 1 ? rows : 0, 0.0);
        weights.push_back(random_weights(rows, draws));
      }
      std::vector<Matrix> z = uploaded_lanes(host);
      backend().normalize_columns(z, weights, norms);
      for (std::size_t l = 0; l < lanes; ++l)
        expect_normalized(host[l], weights[l], downloaded(backend(), z[l]), norms[l]);
    }
}

TEST_P(BackendVerbs, Gram) {
  Draws draws(backend_seed);
  std::vector<std::pair<std::int64_t, std::int64_t>> sizes = {{597, 43}, {43, 129}};
  for (const std::int64_t n : verb_orders) sizes.emplace_back(n, n);
  for (const auto& [rows, cols] : sizes)
    for (std::size_t lanes = 1; lanes <= 3; ++lanes) {
      SCOPED_TRACE(::testing::Message() << rows << " x " << cols << ", " << lanes << " lanes");
      std::vector<DenseF64> host;
      for (std::size_t l = 0; l < lanes; ++l) host.push_back(random_matrix(rows, cols, draws));
      const std::vector<Matrix> z = uploaded_lanes(host);
      std::vector<Matrix> c = poisoned_lanes(lanes, cols, cols);
      backend().gram(z, c);
      for (std::size_t l = 0; l < lanes; ++l)
        EXPECT_TRUE(within(difference(lower_triangle(downloaded(backend(), c[l])),
                                      lower_triangle(naive_product('T', 'N', host[l], host[l]))),
                           rounding_bound(rows, largest_entry(host[l]) * largest_entry(host[l]))));
    }
}

TEST_P(BackendVerbs, AddGram) {
  Draws draws(backend_seed);
  std::vector<std::pair<std::int64_t, std::int64_t>> sizes = {{597, 43}, {43, 129}, {0, 33}};
  for (const std::int64_t n : verb_orders) sizes.emplace_back(n, n);
  for (const auto& [rows, cols] : sizes) {
    SCOPED_TRACE(::testing::Message() << rows << " x " << cols);
    const DenseF64 z = random_matrix(rows, cols, draws), before = random_symmetric(cols, draws);
    DenseF64 expected = naive_product('T', 'N', z, z);
    for (std::int64_t i = 0; i < expected.size(); ++i) expected.data()[i] += before.data()[i];
    Matrix c = uploaded(backend(), poisoned_above(before));
    backend().add_gram(uploaded(backend(), z), c);
    EXPECT_TRUE(within(difference(lower_triangle(downloaded(backend(), c)), lower_triangle(expected)),
                       rounding_bound(rows + 1, 1)));
  }
}

TEST_P(BackendVerbs, Cholesky) {
  Draws draws(backend_seed);
  for (const std::int64_t n : verb_orders)
    for (std::size_t lanes = 1; lanes <= 3; ++lanes) {
      SCOPED_TRACE(::testing::Message() << "order " << n << ", " << lanes << " lanes");
      std::vector<DenseF64> host, seen;
      for (std::size_t l = 0; l < lanes; ++l) {
        const DenseF64 factor = random_lower(n, draws);
        host.push_back(naive_product('N', 'T', factor, factor));
        seen.push_back(poisoned_above(host.back()));
      }
      std::vector<Matrix> c = uploaded_lanes(seen);
      const std::vector<SolveStatus> status = backend().cholesky(c);
      ASSERT_EQ(status.size(), lanes);
      for (std::size_t l = 0; l < lanes; ++l) {
        EXPECT_TRUE(status[l].ok) << status[l].detail;
        EXPECT_FALSE(status[l].routine.empty());
        const DenseF64 factor = lower_triangle(downloaded(backend(), c[l]));
        EXPECT_TRUE(within(difference(naive_product('N', 'T', factor, factor), host[l]),
                           rounding_bound(n, largest_entry(host[l]))));
      }
    }
}

TEST_P(BackendVerbs, CholeskyNamesThePivotThatIsNotPositive) {
  Draws draws(backend_seed);
  const DenseF64 factor = random_lower(129, draws);
  const DenseF64 good = naive_product('N', 'T', factor, factor);
  std::vector<DenseF64> host = {good, good, good};
  host[0](0, 0) = -1;
  host[2](96, 96) = -1;  // the pivots before it are untouched
  std::vector<Matrix> c = uploaded_lanes(host);
  const std::vector<SolveStatus> status = backend().cholesky(c);
  ASSERT_EQ(status.size(), 3U);
  EXPECT_FALSE(status[0].ok);
  EXPECT_THAT(status[0].detail, ::testing::HasSubstr("not positive definite at pivot 1 of 129"));
  EXPECT_TRUE(status[1].ok) << "a lane suffers from its neighbours: " << status[1].detail;
  EXPECT_FALSE(status[2].ok);
  EXPECT_THAT(status[2].detail, ::testing::HasSubstr("not positive definite at pivot 97 of 129"));
  const DenseF64 found = lower_triangle(downloaded(backend(), c[1]));
  EXPECT_TRUE(
      within(difference(naive_product('N', 'T', found, found), good), rounding_bound(129, largest_entry(good))));
}

TEST_P(BackendVerbs, TriangularSolve) {
  Draws draws(backend_seed);
  for (const std::int64_t n : verb_orders)
    for (const std::int64_t cols : {std::int64_t{1}, std::int64_t{43}, n})
      for (std::size_t lanes = 1; lanes <= 3; ++lanes) {
        SCOPED_TRACE(::testing::Message() << n << " x " << cols << ", " << lanes << " lanes");
        std::vector<DenseF64> lower, seen, right;
        for (std::size_t l = 0; l < lanes; ++l) {
          lower.push_back(random_lower(n, draws));
          seen.push_back(poisoned_above(lower.back()));
          right.push_back(random_matrix(n, cols, draws));
        }
        const std::vector<Matrix> factors = uploaded_lanes(seen);
        std::vector<Matrix> b = uploaded_lanes(right);
        backend().triangular_solve(factors, b);
        for (std::size_t l = 0; l < lanes; ++l) {
          const DenseF64 x = downloaded(backend(), b[l]);
          EXPECT_TRUE(within(difference(naive_product('N', 'N', lower[l], x), right[l]),
                             rounding_bound(n, largest_entry(lower[l]) * largest_entry(x))));
        }
      }
}

TEST_P(BackendVerbs, TriangularInverse) {
  Draws draws(backend_seed);
  for (const std::int64_t n : verb_orders)
    for (std::size_t lanes = 1; lanes <= 3; ++lanes) {
      SCOPED_TRACE(::testing::Message() << "order " << n << ", " << lanes << " lanes");
      std::vector<DenseF64> lower, seen;
      for (std::size_t l = 0; l < lanes; ++l) {
        lower.push_back(random_lower(n, draws));
        seen.push_back(poisoned_above(lower.back()));
      }
      std::vector<Matrix> factors = uploaded_lanes(seen);
      const std::vector<SolveStatus> status = backend().triangular_inverse(factors);
      ASSERT_EQ(status.size(), lanes);
      for (std::size_t l = 0; l < lanes; ++l) {
        EXPECT_TRUE(status[l].ok) << status[l].detail;
        EXPECT_FALSE(status[l].routine.empty());
        const DenseF64 inverse = lower_triangle(downloaded(backend(), factors[l]));
        DenseF64 identity(n, n);
        for (std::int64_t i = 0; i < n; ++i) identity(i, i) = 1;
        EXPECT_TRUE(within(difference(naive_product('N', 'N', lower[l], inverse), identity),
                           rounding_bound(n, largest_entry(lower[l]) * largest_entry(inverse))));
      }
    }
}

TEST_P(BackendVerbs, TriangularInverseNamesAZeroPivot) {
  Draws draws(backend_seed);
  const DenseF64 good = random_lower(65, draws);
  std::vector<DenseF64> host = {good, good};
  host[1](40, 40) = 0;
  std::vector<Matrix> l = uploaded_lanes(host);
  const std::vector<SolveStatus> status = backend().triangular_inverse(l);
  ASSERT_EQ(status.size(), 2U);
  EXPECT_TRUE(status[0].ok) << status[0].detail;
  EXPECT_FALSE(status[1].ok);
  EXPECT_THAT(status[1].detail, ::testing::HasSubstr("singular at pivot 41 of 65"));
}

}  // namespace
}  // namespace eigenlens::test
