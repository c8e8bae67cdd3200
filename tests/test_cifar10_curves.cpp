// SPDX-License-Identifier: Apache-2.0
// A curve of a real colour set against the route that a textbook takes: the Cholesky factor of S itself, every step
// dense. It shares Centring, BLAS and the tridiagonal solver with the engine, and none of its algebra.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "backend/cpu/symmetric_eigen.hpp"
#include "eigenlens/sweep.hpp"
#include "host/lapack.hpp"
#include "host/processor.hpp"
#include "solve/centre.hpp"
#include "support/dense_gram.hpp"
#include "support/shared_data.hpp"
#include "support/tolerance.hpp"

namespace eigenlens::test {
namespace {

using lapack::Int;

constexpr double ratio = 0.75;
constexpr const char* specification = "mask:patch=4,ratio=0.75";

/// A ← L with A = LLᵀ, zeros above.
void factor(DenseF64& a) {
  const Int n = static_cast<Int>(a.rows());
  Int info = 0;
  lapack::table().dpotrf("L", &n, a.data(), &n, &info);
  ASSERT_EQ(info, 0) << "not positive definite";
  for (std::int64_t j = 0; j < a.cols(); ++j) std::fill_n(a.col(j), j, 0.0);
}

/// B ← L⁻¹B or L^{-T}B.
void solve(const char* op, const DenseF64& l, DenseF64& b) {
  const Int n = static_cast<Int>(l.rows()), m = static_cast<Int>(b.cols());
  const double one = 1;
  lapack::table().dtrsm("L", "L", op, "N", &n, &m, &one, l.data(), &n, b.data(), &n);
}

/// op(A)·op(B).
DenseF64 product(const char* op_a, const char* op_b, const DenseF64& a, const DenseF64& b) {
  DenseF64 c(*op_a == 'N' ? a.rows() : a.cols(), *op_b == 'N' ? b.cols() : b.rows());
  const Int m = static_cast<Int>(c.rows()), n = static_cast<Int>(c.cols());
  const Int k = static_cast<Int>(*op_a == 'N' ? a.cols() : a.rows());
  const Int lda = static_cast<Int>(a.rows()), ldb = static_cast<Int>(b.rows());
  const double one = 1, zero = 0;
  lapack::table().dgemm(op_a, op_b, &m, &n, &k, &one, a.data(), &lda, b.data(), &ldb, &zero, c.data(), &m);
  return c;
}

/// V of JJᵀ = WμWᵀ with S = LLᵀ, J = L⁻¹G, V = L^{-T}W: G²v = μSv, μ descending. S is destroyed.
DenseF64 generalized_eigenvectors(const DenseF64& g, DenseF64 s) {
  factor(s);
  DenseF64 v(g.rows(), g.rows());
  {
    DenseF64 j = g;
    solve("N", s, j);
    DenseF64 t = product("N", "T", j, j);
    std::vector<double> mu;
    symmetric_eigen(t.rows(), t.data(), v.data(), mu);
  }
  solve("T", s, v);
  return v;
}

/// Σ_{k ≤ K} ‖t_k‖² as a share of the whole, T = R⁻¹VᵀM with VᵀGV = RRᵀ.
std::vector<double> alignment(const DenseF64& g, const DenseF64& m, const DenseF64& v) {
  DenseF64 r = product("T", "N", v, product("N", "N", g, v));
  factor(r);
  DenseF64 t = product("T", "N", v, m);
  solve("N", r, t);
  std::vector<double> sums;
  double sum = 0;
  for (std::int64_t k = 0; k < t.rows(); ++k) {
    for (std::int64_t c = 0; c < t.cols(); ++c) sum += t(k, c) * t(k, c);
    sums.push_back(sum);
  }
  for (double& value : sums) value /= sum;
  return sums;
}

std::vector<double> careful_alignment(const Moments& moments, const Pretext& pretext) {
  const lapack::ThreadScope threads(available_threads());
  const Centring centring(moments);
  const DenseF64 g = gram_of(centring);
  const std::vector<std::int32_t> groups = mask_groups(pretext, moments.shape);
  DenseF64 s = g;  // G + ρB, ρ = r/(1 − r)
  for (std::int64_t j = 0; j < s.cols(); ++j)
    for (std::int64_t i = 0; i < s.rows(); ++i)
      if (groups[static_cast<std::size_t>(i)] == groups[static_cast<std::size_t>(j)])
        s(i, j) += ratio / (1 - ratio) * g(i, j);
  return alignment(g, centring.cross(), generalized_eigenvectors(g, std::move(s)));
}

TEST(Cifar10Curves, AlignmentIsThatOfTheCarefulRoute) {
  const auto folder = shared_data("data/cifar10");
  if (!folder) GTEST_SKIP() << "no CIFAR-10 beside the project: set EIGENLENS_SHARED";
  const Device device({.name = "cpu"});
  const Moments moments = accumulate(*open_dataset(folder->string()), device);
  const std::vector<Pretext> pretexts = parse_pretext(specification);
  const std::vector<double> ours = sweep(moments, pretexts, device).curves.at(0).alignment;
  const std::vector<double> theirs = careful_alignment(moments, pretexts.front());
  ASSERT_EQ(ours.size(), 3072U);
  ASSERT_EQ(theirs.size(), ours.size());
  double body = 0, tail = 0;
  for (std::size_t k = 0; k < ours.size(); ++k) {
    ASSERT_FALSE(std::isnan(ours[k])) << "K = " << k + 1;
    double& largest = k < 2048 ? body : tail;
    largest = std::max(largest, std::fabs(ours[k] - theirs[k]));
  }
  // The tail is the careful route's: it knows small eigenvalues to ε‖JJᵀ‖ alone.
  EXPECT_TRUE(within(body, 1e-9));
  EXPECT_TRUE(within(tail, 1e-5));
  RecordProperty("largest_difference_to_2048", std::to_string(body * 1e15) + "e-15");
  RecordProperty("largest_difference_beyond", std::to_string(tail * 1e15) + "e-15");
}

}  // namespace
}  // namespace eigenlens::test
