// SPDX-License-Identifier: Apache-2.0
// The eigenproblems and singular vectors of every backend, by identities: vectors are not unique and never compared.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "backend/transfer.hpp"
#include "support/backend_cases.hpp"
#include "support/naive_algebra.hpp"
#include "support/planted_matrix.hpp"
#include "support/tolerance.hpp"

namespace eigenlens::test {
namespace {

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

struct Spectrum {
  std::vector<double> values;
  DenseF64 vectors;
  SolveStatus status;
};

class BackendEigen : public BackendTest {
 protected:
  /// Every matrix a lane.
  [[nodiscard]] std::vector<Spectrum> eigh(const std::vector<DenseF64>& matrices) const {
    std::vector<DenseF64> seen;
    for (const DenseF64& a : matrices) seen.push_back(poisoned_above(a));
    std::vector<Matrix> a = uploaded_lanes(seen);
    std::vector<Matrix> z = poisoned_lanes(a.size(), a[0].rows(), a[0].rows());
    std::vector<std::vector<double>> values(a.size(), {std::nan("")});
    return collect(backend().eigh(a, z, values), z, values);
  }
  /// F·diag(w) for every w.
  [[nodiscard]] std::vector<Spectrum> svd(const DenseF64& f, const std::vector<std::vector<double>>& weights) const {
    std::vector<Matrix> a = poisoned_lanes(weights.size(), f.rows(), f.cols());
    std::vector<Matrix> z = poisoned_lanes(weights.size(), f.cols(), f.cols());
    std::vector<std::vector<double>> values(weights.size(), {std::nan("")});
    return collect(backend().svd(uploaded(backend(), f), weights, a, z, values), z, values);
  }

 private:
  [[nodiscard]] std::vector<Spectrum> collect(const std::vector<SolveStatus>& status, const std::vector<Matrix>& z,
                                              const std::vector<std::vector<double>>& values) const {
    EXPECT_EQ(status.size(), z.size());
    std::vector<Spectrum> all;
    for (std::size_t l = 0; l < z.size(); ++l) {
      EXPECT_TRUE(status[l].ok) << status[l].detail;
      EXPECT_FALSE(status[l].routine.empty());
      all.push_back({values[l], downloaded(backend(), z[l]), status[l]});
    }
    return all;
  }
};
INSTANTIATE_TEST_SUITE_P(Every, BackendEigen, ::testing::ValuesIn(eigen_cases()), case_name);

void expect_orthogonal_and_descending(const Spectrum& s) {
  const std::int64_t n = s.vectors.cols();
  ASSERT_EQ(static_cast<std::int64_t>(s.values.size()), n);
  DenseF64 identity(n, n);
  for (std::int64_t i = 0; i < n; ++i) identity(i, i) = 1;
  EXPECT_TRUE(within(difference(naive_product('T', 'N', s.vectors, s.vectors), identity), orthogonality_bound(n, 1)));
  for (std::size_t k = 1; k < s.values.size(); ++k) EXPECT_GE(s.values[k - 1], s.values[k]) << "value " << k;
}

void expect_spectrum(const DenseF64& a, const Spectrum& s) {
  expect_orthogonal_and_descending(s);
  const std::int64_t n = a.rows();
  const double norm = frobenius(a);
  EXPECT_TRUE(within(difference(naive_product('N', 'N', a, s.vectors), scaled_columns(s.vectors, s.values)),
                     residual_bound(n, norm, norm, 1, 1)));
  long double trace = 0;
  for (std::int64_t i = 0; i < n; ++i) trace += a(i, i) - static_cast<long double>(s.values[at(i)]);
  EXPECT_TRUE(within(std::fabs(static_cast<double>(trace)), rounding_bound(n, norm)));
}

DenseF64 diagonal(const std::vector<double>& values) {
  DenseF64 a(static_cast<std::int64_t>(values.size()), static_cast<std::int64_t>(values.size()));
  for (std::int64_t i = 0; i < a.rows(); ++i) a(i, i) = values[at(i)];
  return a;
}

TEST_P(BackendEigen, RandomMatrices) {
  Draws draws(backend_seed);
  for (const std::int64_t n : verb_orders)
    for (std::size_t lanes = 1; lanes <= 3; ++lanes) {
      SCOPED_TRACE(::testing::Message() << "order " << n << ", " << lanes << " lanes");
      std::vector<DenseF64> matrices;
      for (std::size_t l = 0; l < lanes; ++l) matrices.push_back(random_symmetric(n, draws));
      const std::vector<Spectrum> spectra = eigh(matrices);
      for (std::size_t l = 0; l < lanes; ++l) expect_spectrum(matrices[l], spectra[l]);
    }
}

TEST_P(BackendEigen, RepeatedEigenvalues) {
  Draws draws(backend_seed);
  for (const std::int64_t n : verb_orders) {
    SCOPED_TRACE(::testing::Message() << "order " << n);
    std::vector<double> values;
    for (std::int64_t i = 0; i < n; ++i) values.push_back(i < n / 3 ? 5 : i < n / 2 ? 2 : -1);
    const DenseF64 a = with_values(values, draws);
    const Spectrum s = eigh({a})[0];
    expect_spectrum(a, s);
    for (std::size_t k = 0; k < values.size(); ++k)
      EXPECT_TRUE(within(std::fabs(s.values[k] - values[k]), rounding_bound(n, frobenius(a))));
  }
}

TEST_P(BackendEigen, DiagonalMatrices) {
  Draws draws(backend_seed);
  for (const std::int64_t n : verb_orders) {
    SCOPED_TRACE(::testing::Message() << "order " << n);
    std::vector<double> values = random_weights(n, draws);
    const DenseF64 a = diagonal(values);
    const std::vector<Spectrum> spectra = eigh({a, DenseF64(n, n), diagonal(std::vector<double>(at(n), 1))});
    expect_spectrum(a, spectra[0]);
    expect_orthogonal_and_descending(spectra[1]);
    expect_orthogonal_and_descending(spectra[2]);
    std::sort(values.rbegin(), values.rend());
    for (std::size_t k = 0; k < values.size(); ++k) {
      EXPECT_TRUE(within(std::fabs(spectra[0].values[k] - values[k]), rounding_bound(1, values[k])));
      EXPECT_EQ(spectra[1].values[k], 0) << "the zero matrix";
      EXPECT_TRUE(within(std::fabs(spectra[2].values[k] - 1), rounding_bound(1, 1))) << "the identity";
    }
  }
}

TEST_P(BackendEigen, RankDeficientMatrices) {
  Draws draws(backend_seed);
  for (const std::int64_t n : verb_orders) {
    SCOPED_TRACE(::testing::Message() << "order " << n);
    const std::int64_t rank = (n + 1) / 2;
    const DenseF64 b = random_matrix(n, rank, draws);
    const DenseF64 a = naive_product('N', 'T', b, b);
    const Spectrum s = eigh({a})[0];
    expect_spectrum(a, s);
    for (std::int64_t k = rank; k < n; ++k)
      EXPECT_TRUE(within(std::fabs(s.values[at(k)]), rounding_bound(n, frobenius(a)))) << "value " << k;
  }
}

/// Squared singular values, each to its own precision: one-sided Jacobi in long double on a Cholesky factor, which
/// neither grading nor size disturbs.
std::vector<Real> graded_eigenvalues(const DenseF64& a) {
  const std::int64_t n = a.rows();
  RealMatrix whole(n, n);
  for (std::int64_t i = 0; i < a.size(); ++i) whole.data()[i] = a.data()[i];
  RealMatrix l = cholesky(whole, 0).value();
  const auto inner = [&](std::int64_t p, std::int64_t q) {
    Real sum = 0;
    for (std::int64_t i = 0; i < n; ++i) sum += l(i, p) * l(i, q);
    return sum;
  };
  bool rotated = true;
  for (int pass = 0; rotated && pass < 60; ++pass) {
    rotated = false;
    for (std::int64_t p = 0; p < n; ++p)
      for (std::int64_t q = p + 1; q < n; ++q) {
        const Real pp = inner(p, p), qq = inner(q, q), pq = inner(p, q);
        if (std::fabs(pq) <= 1e-18L * std::sqrt(pp * qq)) continue;
        rotated = true;
        const Real zeta = (qq - pp) / (2 * pq);
        const Real t = (zeta >= 0 ? 1 : -1) / (std::fabs(zeta) + std::sqrt(1 + zeta * zeta));
        const Real c = 1 / std::sqrt(1 + t * t), s = c * t;
        for (std::int64_t i = 0; i < n; ++i) {
          const Real x = l(i, p), y = l(i, q);
          l(i, p) = c * x - s * y;
          l(i, q) = s * x + c * y;
        }
      }
  }
  std::vector<Real> values;
  for (std::int64_t k = 0; k < n; ++k) values.push_back(inner(k, k));
  std::sort(values.rbegin(), values.rend());
  return values;
}

/// 20 decades, large end first: an eigenvalue of 1e-11 comes out to as many digits as the one of 1, where ε‖A‖ would
/// leave it five. Of those that are rounding beside the largest no more than ε‖A‖ is asked: dstemr drops off-diagonal
/// entries below it unless T is scaled diagonally dominant, and these are not.
TEST_P(BackendEigen, SmallEigenvaluesOfAGradedMatrix) {
  Draws draws(backend_seed);
  for (const std::int64_t n : {31, 33, 64, 129}) {
    SCOPED_TRACE(::testing::Message() << "order " << n);
    const DenseF64 core = random_lower(n, draws);
    DenseF64 a = naive_product('N', 'T', core, core);
    for (std::int64_t j = 0; j < n; ++j)
      for (std::int64_t i = 0; i < n; ++i)
        a(i, j) *= std::pow(10.0, -10 * static_cast<double>(i + j) / static_cast<double>(n - 1));
    for (std::int64_t j = 0; j < n; ++j)
      for (std::int64_t i = 0; i < j; ++i) a(i, j) = a(j, i);
    const Spectrum s = eigh({a})[0];
    expect_spectrum(a, s);
    if (s.status.accuracy == Accuracy::absolute) continue;
    const std::vector<Real> expected = graded_eigenvalues(a);
    std::int64_t graded = 0;
    for (std::int64_t k = 0; k < n; ++k) {
      const auto value = static_cast<double>(expected[at(k)]);
      const double floor = rounding_bound(n, s.values[0]);
      EXPECT_TRUE(
          within(std::fabs(s.values[at(k)] - value), value > floor ? rounding_bound(n, value) : epsilon * s.values[0]))
          << "value " << k << ": " << value;
      graded += value > floor && value < 1e-10 ? 1 : 0;
    }
    EXPECT_GT(graded, 0) << "no eigenvalue is small enough to tell";
  }
}

TEST_P(BackendEigen, PromisesWhatItsStatusSays) {
  Draws draws(backend_seed);
  for (const std::int64_t n : verb_orders) {
    const Accuracy found = eigh({random_symmetric(n, draws)})[0].status.accuracy;
    if (backend().eigh_accuracy() == Accuracy::graded) {
      EXPECT_EQ(found, Accuracy::graded) << "order " << n;
    }
  }
}

TEST_P(BackendEigen, WhatIsNotFiniteIsAStatus) {
  Draws draws(backend_seed);
  constexpr double infinity = std::numeric_limits<double>::infinity();
  for (const std::int64_t n : verb_orders)
    for (const double bad : {std::nan(""), infinity, -infinity}) {
      SCOPED_TRACE(::testing::Message() << "order " << n << ", " << bad);
      std::vector<DenseF64> host;
      for (std::size_t l = 0; l < 3; ++l) host.push_back(poisoned_above(random_symmetric(n, draws)));
      host[0](n - 1, 0) = bad;
      host[2](n / 2, n / 2) = bad;
      std::vector<Matrix> a = uploaded_lanes(host), z = poisoned_lanes(3, n, n);
      std::vector<std::vector<double>> values(3);
      const std::vector<SolveStatus> status = backend().eigh(a, z, values);
      ASSERT_EQ(status.size(), 3U);
      for (const std::size_t l : {0, 2}) {
        EXPECT_FALSE(status[l].ok);
        EXPECT_NE(status[l].detail.find("not finite"), std::string::npos) << status[l].detail;
      }
      ASSERT_TRUE(status[1].ok) << "a lane suffers from its neighbours: " << status[1].detail;
      for (std::int64_t j = 0; j < n; ++j)
        for (std::int64_t i = 0; i < j; ++i) host[1](i, j) = host[1](j, i);
      expect_spectrum(host[1], {values[1], downloaded(backend(), z[1]), status[1]});
    }
}

/// FWZ has orthogonal columns of norms √values.
void expect_singular_vectors(const DenseF64& fw, const Spectrum& s) {
  expect_orthogonal_and_descending(s);
  const double norm = frobenius(fw);
  const DenseF64 turned = naive_product('N', 'N', fw, s.vectors);
  EXPECT_TRUE(within(difference(naive_product('T', 'N', turned, turned), diagonal(s.values)),
                     rounding_bound(fw.rows(), norm * norm)));
  for (std::int64_t k = 0; k < fw.cols(); ++k) {
    DenseF64 column(fw.rows(), 1);
    std::copy_n(turned.col(k), fw.rows(), column.data());
    EXPECT_TRUE(within(std::fabs(std::sqrt(s.values[at(k)]) - frobenius(column)), rounding_bound(fw.rows(), norm)))
        << "singular value " << k;
  }
}

TEST_P(BackendEigen, SingularVectors) {
  Draws draws(backend_seed);
  std::vector<std::pair<std::int64_t, std::int64_t>> sizes = {{597, 43}, {129, 128}, {2, 1}};
  for (const std::int64_t n : verb_orders) sizes.emplace_back(n, n);
  for (const auto& [rows, cols] : sizes)
    for (std::size_t lanes = 1; lanes <= 3; ++lanes) {
      SCOPED_TRACE(::testing::Message() << rows << " x " << cols << ", " << lanes << " lanes");
      const DenseF64 f = random_matrix(rows, cols, draws);
      std::vector<std::vector<double>> weights;
      for (std::size_t l = 0; l < lanes; ++l) weights.push_back(random_weights(cols, draws));
      const std::vector<Spectrum> spectra = svd(f, weights);
      for (std::size_t l = 0; l < lanes; ++l) expect_singular_vectors(scaled_columns(f, weights[l]), spectra[l]);
    }
}

TEST_P(BackendEigen, SingularVectorsOfARankDeficientFactor) {
  Draws draws(backend_seed);
  const DenseF64 f = naive_product('N', 'N', random_matrix(597, 10, draws), random_matrix(10, 43, draws));
  const std::vector<double> w = random_weights(43, draws);
  const Spectrum s = svd(f, {w})[0];
  expect_singular_vectors(scaled_columns(f, w), s);
  for (std::size_t k = 10; k < 43; ++k)
    EXPECT_TRUE(within(std::sqrt(s.values[k]), rounding_bound(597, frobenius(f)))) << "singular value " << k;
}

TEST_P(BackendEigen, LargestOrdersLeaveRoomInTheLibrary) {
  EXPECT_GE(backend().largest_order(SolveMode::standard), 12288);
  EXPECT_GE(backend().largest_order(SolveMode::standard), backend().largest_order(SolveMode::accurate));
}

TEST_P(BackendEigen, RoomGrowsWithTheOrder) {
  for (const SolveMode mode : {SolveMode::standard, SolveMode::accurate}) {
    EXPECT_GE(backend().solver_bytes(1000, mode), 0);
    EXPECT_LE(backend().solver_bytes(1000, mode), backend().solver_bytes(3000, mode));
  }
  EXPECT_LT(backend().solver_bytes(1000, SolveMode::accurate), std::int64_t{100} * 8 * 1000 * 1000);
}

TEST_P(BackendEigen, LanesAreAtLeastOneAndAtMostTheProblems) {
  for (const std::int64_t n : {1, 784, 3072})
    for (const std::int64_t problems : {1, 2, 3, 100}) {
      EXPECT_GE(backend().lanes(n, problems), 1);
      EXPECT_LE(backend().lanes(n, problems), problems);
    }
}

}  // namespace
}  // namespace eigenlens::test
