// SPDX-License-Identifier: Apache-2.0
// The eigenvectors of FᵀF + λΛ: the secular equation and the dense way against Jacobi's method in long double, at
// spectra that are hard.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "solve/dense_update.hpp"
#include "solve/joint.hpp"
#include "support/backend_cases.hpp"
#include "support/naive_algebra.hpp"
#include "support/samples.hpp"
#include "support/tolerance.hpp"

namespace eigenlens::test {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();

struct Hard {
  std::string name;
  std::vector<double> spectrum;
  DenseF64 f;  ///< C × R
};

DenseF64 random_targets(std::int64_t classes, std::int64_t rank, std::uint64_t seed) {
  Draws draws(seed);
  DenseF64 f(classes, rank);
  for (std::int64_t i = 0; i < f.size(); ++i) f.data()[i] = draws.uniform() - 0.5;
  return f;
}

std::vector<double> falling(std::int64_t rank, std::uint64_t seed) {
  Draws draws(seed);
  std::vector<double> spectrum;
  for (std::int64_t k = 0; k < rank; ++k) spectrum.push_back(0.5 + draws.uniform());
  std::sort(spectrum.rbegin(), spectrum.rend());
  return spectrum;
}

std::vector<double> decades(std::int64_t rank, double from, double to) {
  std::vector<double> spectrum;
  for (std::int64_t k = 0; k < rank; ++k)
    spectrum.push_back(std::pow(10, from + (to - from) * static_cast<double>(k) / static_cast<double>(rank - 1)));
  return spectrum;
}

/// Runs of `size` equal values, each but the first off by `spread`.
std::vector<double> clusters(std::vector<double> spectrum, std::size_t size, double spread) {
  for (std::size_t k = 0; k < spectrum.size(); ++k)
    spectrum[k] = spectrum[k / size * size] * (1 - spread * static_cast<double>(k % size));
  return spectrum;
}

DenseF64 centred_over_classes(DenseF64 f) {
  for (std::int64_t r = 0; r < f.cols(); ++r) {
    double mean = 0;
    for (std::int64_t c = 0; c < f.rows(); ++c) mean += f(c, r) / static_cast<double>(f.rows());
    for (std::int64_t c = 0; c < f.rows(); ++c) f(c, r) -= mean;
  }
  return f;
}

DenseF64 scaled_columns(DenseF64 f, std::int64_t first, std::int64_t end, double factor) {
  for (std::int64_t r = first; r < end; ++r)
    for (std::int64_t c = 0; c < f.rows(); ++c) f(c, r) *= factor;
  return f;
}

DenseF64 scaled_rows(DenseF64 f, double each) {
  for (std::int64_t c = 0; c < f.rows(); ++c)
    for (std::int64_t r = 0; r < f.cols(); ++r) f(c, r) *= std::pow(each, static_cast<double>(c));
  return f;
}

/// Two problems beside each other: every root twice, and the vectors of a pair are arbitrary in their plane.
Hard doubled() {
  Hard hard{"doubled", {}, DenseF64(4, 24)};
  const std::vector<double> half = falling(12, 5);
  const DenseF64 f = random_targets(2, 12, 6);
  for (std::int64_t k = 0; k < 24; ++k) {
    hard.spectrum.push_back(half[static_cast<std::size_t>(k / 2)]);
    for (std::int64_t c = 0; c < 2; ++c) hard.f(2 * (k % 2) + c, k) = f(c, k / 2);
  }
  return hard;
}

std::vector<Hard> hard_problems() {
  const std::int64_t r = 24, c = 4;
  const std::vector<double> plain = falling(r, 1);
  const DenseF64 f = random_targets(c, r, 2);
  return {{"plain", plain, f},
          {"one class", plain, random_targets(1, r, 3)},
          {"as many classes as inputs", falling(6, 1), random_targets(6, 6, 4)},
          {"more classes than inputs", falling(4, 1), random_targets(9, 4, 4)},
          {"thirteen decades", decades(r, 3, -10), f},
          {"centred targets", plain, centred_over_classes(f)},
          {"white", std::vector<double>(24, 2.5), f},
          {"equal by threes", clusters(plain, 3, 0), f},
          {"equal by eights", clusters(plain, 8, 0), f},
          {"nearly equal, 1e-13", clusters(plain, 3, 1e-13), f},
          {"nearly equal, 1e-10", clusters(plain, 6, 1e-10), f},
          {"nearly equal, 1e-5", clusters(plain, 6, 1e-5), f},
          {"all within 1e-12", clusters(plain, 24, 1e-13), f},
          {"inputs without targets", plain, scaled_columns(f, 8, 24, 0)},
          {"top without targets", plain, scaled_columns(f, 0, 16, 0)},
          {"tiny columns", plain, scaled_columns(f, 8, 24, 1e-14)},
          {"graded targets", plain, scaled_rows(f, 1e-2)},
          {"aligned", plain, scaled_columns(scaled_columns(f, 0, 20, 0), 21, 24, 0)},
          doubled()};
}

constexpr double lambdas[] = {1e-12, 1e-6, 1e-3, 0.1, 1, 30, 1e3, 1e6, 1e12};

/// Sums over K of the exact eigenvectors: what of Y and of X they explain, and μ.
struct Exact {
  std::vector<double> mu, targets, inputs;
};

Exact exact_sums(const Hard& hard, double lambda) {
  const std::int64_t rank = hard.f.cols();
  RealMatrix s(rank, rank);
  for (std::int64_t j = 0; j < rank; ++j)
    for (std::int64_t i = 0; i < rank; ++i) {
      for (std::int64_t c = 0; c < hard.f.rows(); ++c) s(i, j) += static_cast<Real>(hard.f(c, i)) * hard.f(c, j);
      if (i == j) s(i, j) += static_cast<Real>(lambda) * hard.spectrum[static_cast<std::size_t>(i)];
    }
  const Eigen eigen = jacobi_eigen(s);
  Exact exact;
  Real targets = 0, inputs = 0;
  for (std::int64_t k = 0; k < rank; ++k) {
    for (std::int64_t c = 0; c < hard.f.rows(); ++c) {
      Real t = 0;
      for (std::int64_t i = 0; i < rank; ++i) t += hard.f(c, i) * eigen.vectors(i, k);
      targets += t * t;
    }
    for (std::int64_t i = 0; i < rank; ++i)
      inputs += hard.spectrum[static_cast<std::size_t>(i)] * eigen.vectors(i, k) * eigen.vectors(i, k);
    exact.mu.push_back(static_cast<double>(eigen.values[static_cast<std::size_t>(k)]));
    exact.targets.push_back(static_cast<double>(targets));
    exact.inputs.push_back(static_cast<double>(inputs));
  }
  return exact;
}

std::vector<double> explained(const JointBasis& basis) {
  std::vector<double> sums;
  double sum = 0;
  for (std::int64_t k = 0; k < basis.targets.rows(); ++k) {
    for (std::int64_t c = 0; c < basis.targets.cols(); ++c) sum += basis.targets(k, c) * basis.targets(k, c);
    sums.push_back(sum);
  }
  return sums;
}

std::vector<double> running(const std::vector<double>& terms) {
  std::vector<double> sums;
  double sum = 0;
  for (const double term : terms) sums.push_back(sum += term);
  return sums;
}

/// Where μ_K and μ_{K+1} are one number to long double's rounding of the matrix, only their common span is determined.
void expect_sums(const JointBasis& basis, const Exact& exact) {
  const std::vector<double> targets = explained(basis), inputs = running(basis.inputs);
  const double largest = exact.mu.front();
  for (std::size_t k = 0; k < exact.mu.size(); ++k) {
    EXPECT_TRUE(within(std::fabs(basis.mu[k] - exact.mu[k]),
                       rounding_bound(static_cast<std::int64_t>(exact.mu.size()), largest)))
        << "eigenvalue " << k + 1;
    const double gap = k + 1 < exact.mu.size() ? (exact.mu[k] - exact.mu[k + 1]) / largest : 1;
    if (gap < 1e-13) continue;
    const double bound = 1e-12 + 1e-16 / gap;
    EXPECT_TRUE(within(std::fabs(targets[k] - exact.targets[k]) / exact.targets.back(), bound)) << "targets " << k + 1;
    // What is not explained must be right to its own size where K is small, too: an error of the sum is one of X.
    EXPECT_TRUE(within(std::fabs(inputs[k] - exact.inputs[k]) / exact.inputs.back(), bound)) << "inputs " << k + 1;
  }
}

void expect_orthonormal(const DenseF64& h) {
  double worst = 0;
  for (std::int64_t i = 0; i < h.cols(); ++i)
    for (std::int64_t j = 0; j <= i; ++j) {
      double product = i == j ? -1 : 0;
      for (std::int64_t s = 0; s < h.rows(); ++s) product += h(s, i) * h(s, j);
      worst = std::max(worst, std::fabs(product));
    }
  EXPECT_TRUE(within(worst, 2e-11));
}

/// Rows of `targets` are F h_k.
void expect_targets_of(const JointBasis& basis, const DenseF64& f) {
  double worst = 0, size = 0;
  for (std::int64_t k = 0; k < f.cols(); ++k)
    for (std::int64_t c = 0; c < f.rows(); ++c) {
      double product = 0;
      for (std::int64_t s = 0; s < f.cols(); ++s) product += f(c, s) * basis.h(s, k);
      worst = std::max(worst, std::fabs(product - basis.targets(k, c)));
      size = std::max(size, std::fabs(basis.targets(k, c)));
    }
  EXPECT_TRUE(within(worst, rounding_bound(f.cols(), size)));
}

class Joint : public BackendTest {
 protected:
  JointBasis solve(const Hard& hard, double lambda, JointMethod method) {
    return JointProblem(backend(), hard.spectrum, hard.f, method).solve(lambda, Eigenvectors::all);
  }
};

TEST_P(Joint, SecularEquationIsExactAtHardSpectra) {
  for (const Hard& hard : hard_problems()) {
    JointProblem problem(backend(), hard.spectrum, hard.f, JointMethod::secular);
    for (const double lambda : lambdas) {
      SCOPED_TRACE(hard.name + ", lambda " + std::to_string(lambda));
      const JointBasis basis = problem.solve(lambda, Eigenvectors::all);
      EXPECT_EQ(basis.routine, "secular equation");
      expect_sums(basis, exact_sums(hard, lambda));
      expect_orthonormal(basis.h);
      expect_targets_of(basis, hard.f);
      EXPECT_LT(basis.residual, 1e-10);
      EXPECT_LT(basis.orthogonality, 1e-9);
    }
  }
}

TEST_P(Joint, DenseWayAgrees) {
  for (const Hard& hard : hard_problems())
    for (const double lambda : {1e-6, 0.1, 30.0}) {
      SCOPED_TRACE(hard.name + ", lambda " + std::to_string(lambda));
      const JointBasis basis = solve(hard, lambda, JointMethod::dense);
      expect_sums(basis, exact_sums(hard, lambda));
      expect_orthonormal(basis.h);
      expect_targets_of(basis, hard.f);
      EXPECT_LT(basis.residual, 1e-12);
    }
}

/// Rows of F first, by falling singular values, then Λ in ker F: seen through λ → 0.
TEST_P(Joint, LimitsAreReachedWithoutNoise) {
  for (const Hard& hard : hard_problems()) {
    SCOPED_TRACE(hard.name);
    const double scale = exact_sums(hard, 0).mu.front() / hard.spectrum.front();
    for (const JointMethod method : {JointMethod::secular, JointMethod::dense}) {
      const JointBasis limit = solve(hard, 0, method);
      const JointBasis near = solve(hard, 1e-15 * scale, method);
      expect_orthonormal(limit.h);
      const std::vector<double> at_limit = explained(limit), at_near = explained(near);
      for (std::size_t k = 0; k < at_limit.size(); ++k)
        EXPECT_TRUE(within(std::fabs(at_limit[k] - at_near[k]) / at_limit.back(), 1e-9)) << "K = " << k + 1;
      for (std::size_t k = 0; k < limit.mu.size(); ++k)
        if (limit.mu[k] == 0) {
          for (std::int64_t c = 0; c < hard.f.rows(); ++c) EXPECT_EQ(limit.targets(static_cast<std::int64_t>(k), c), 0);
        }
      const JointBasis principal = solve(hard, infinite, method);
      EXPECT_EQ(principal.inputs, hard.spectrum);
      EXPECT_EQ(principal.mu, hard.spectrum);
    }
  }
}

/// With C classes R − rank F eigenvalues at λ = 0 are those of Λ restricted to ker F.
TEST_P(Joint, LimitIsTheRestrictedSpectrum) {
  const Hard hard = hard_problems()[0];
  const std::int64_t rank = hard.f.cols(), classes = hard.f.rows();
  RealMatrix rows(rank, classes);
  for (std::int64_t r = 0; r < rank; ++r)
    for (std::int64_t c = 0; c < classes; ++c) rows(r, c) = hard.f(c, r);
  const RealMatrix q = orthonormal_columns(rows);
  RealMatrix projector(rank, rank), spectrum(rank, rank);
  for (std::int64_t i = 0; i < rank; ++i) {
    spectrum(i, i) = hard.spectrum[static_cast<std::size_t>(i)];
    for (std::int64_t j = 0; j < rank; ++j) {
      projector(i, j) = i == j ? 1 : 0;
      for (std::int64_t c = 0; c < classes; ++c) projector(i, j) -= q(i, c) * q(j, c);
    }
  }
  const Eigen exact = jacobi_eigen(product(projector, product(spectrum, projector)));
  for (const JointMethod method : {JointMethod::secular, JointMethod::dense}) {
    const JointBasis limit = solve(hard, 0, method);
    for (std::int64_t k = classes; k < rank; ++k)
      EXPECT_TRUE(within(std::fabs(limit.inputs[static_cast<std::size_t>(k)] -
                                   static_cast<double>(exact.values[static_cast<std::size_t>(k - classes)])),
                         rounding_bound(rank, hard.spectrum[0])));
  }
}

TEST_P(Joint, ExtremeWeightsDoNotOverflow) {
  const Hard hard = hard_problems()[4];
  for (const double lambda : {1e-300, 1e-100, 1e100, 1e300}) {
    const JointBasis basis = solve(hard, lambda, JointMethod::secular);
    for (std::size_t k = 0; k < basis.mu.size(); ++k) {
      EXPECT_TRUE(std::isfinite(basis.mu[k]) && std::isfinite(basis.inputs[k])) << lambda;
    }
  }
}

TEST(JointMethods, AreChosenByCost) {
  EXPECT_EQ(joint_method(784, 10), JointMethod::secular);
  EXPECT_EQ(joint_method(3072, 10), JointMethod::secular);
  EXPECT_EQ(joint_method(192, 100), JointMethod::dense);
  EXPECT_EQ(joint_method(3072, 1000), JointMethod::dense);
}

INSTANTIATE_TEST_SUITE_P(Backends, Joint, ::testing::ValuesIn(backend_cases()), case_name);

}  // namespace
}  // namespace eigenlens::test
