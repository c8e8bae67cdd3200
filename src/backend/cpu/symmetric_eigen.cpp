// SPDX-License-Identifier: Apache-2.0
#include "backend/cpu/symmetric_eigen.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "eigenlens/error.hpp"
#include "host/lapack.hpp"

namespace eigenlens {
namespace {

using lapack::Int;

/// Reflectors applied together: wide enough for GEMM's full speed (dormtr takes 32).
constexpr std::int64_t block_width = 128;

/// Room for n doubles, not initialised.
std::unique_ptr<double[]> room(std::int64_t n) {
  return std::unique_ptr<double[]>(new double[static_cast<std::size_t>(n)]);
}

/// Z ← (I − V T Vᵀ) Z for reflectors first … first + width − 1 of dsytrd('L'), of which number j is 1 at row j + 1 and
/// stored below. T⁻¹ = diag(1/τ) + triu(VᵀV, 1) (the UT transform), so that T is applied by one triangular solve: all
/// level 3.
class ReflectorBlock {
 public:
  explicit ReflectorBlock(std::int64_t n) : n_(n), v_(room(n * block_width)), w_(room(n * block_width)) {}

  void apply(const double* a, const double* tau, std::int64_t first, std::int64_t width, double* z) {
    load(a, tau, first, width);
    const lapack::Table& t = lapack::table();
    const Int rows = static_cast<Int>(rows_), k = static_cast<Int>(width), n = static_cast<Int>(n_);
    const double one = 1, zero = 0, minus = -1;
    double* target = z + first + 1;
    t.dgemm("T", "N", &k, &k, &rows, &one, v_.get(), &rows, v_.get(), &rows, &zero, t_, &k);
    for (std::int64_t j = 0; j < width; ++j) t_[j + j * width] = tau[first + j] == 0 ? 1 : 1 / tau[first + j];
    t.dgemm("T", "N", &k, &n, &rows, &one, v_.get(), &rows, target, &n, &zero, w_.get(), &k);
    t.dtrsm("L", "U", "N", "N", &k, &n, &one, t_, &k, w_.get(), &k);
    t.dgemm("N", "N", &rows, &n, &k, &minus, v_.get(), &rows, w_.get(), &k, &one, target, &n);
  }

 private:
  /// V as a full array: zeros above, one on the diagonal; a reflector with τ = 0 is the identity: a column of zeros.
  void load(const double* a, const double* tau, std::int64_t first, std::int64_t width) {
    rows_ = n_ - first - 1;
    for (std::int64_t j = 0; j < width; ++j) {
      double* column = v_.get() + j * rows_;
      std::fill_n(column, tau[first + j] == 0 ? rows_ : j, 0.0);
      if (tau[first + j] == 0) continue;
      column[j] = 1;
      std::memcpy(column + j + 1, a + (first + j + 2) + (first + j) * n_,
                  static_cast<std::size_t>(rows_ - j - 1) * sizeof(double));
    }
  }

  std::int64_t n_;
  std::int64_t rows_ = 0;
  std::unique_ptr<double[]> v_;
  std::unique_ptr<double[]> w_;
  double t_[block_width * block_width];
};

/// Eigenvectors of A from those of T: Z ← H₁ H₂ … H_{n−1} Z.
void back_transform(std::int64_t n, const double* a, const double* tau, double* z) {
  const auto block = std::make_unique<ReflectorBlock>(n);
  const std::int64_t reflectors = n - 1;
  for (std::int64_t first = (reflectors - 1) / block_width * block_width; first >= 0; first -= block_width)
    block->apply(a, tau, first, std::min(block_width, reflectors - first), z);
}

void reverse_order(std::int64_t n, double* z, std::vector<double>& values) {
  std::reverse(values.begin(), values.end());
  for (std::int64_t j = 0; j < n / 2; ++j) std::swap_ranges(z + j * n, z + (j + 1) * n, z + (n - 1 - j) * n);
}

Int tridiagonalize(Int n, double* a, std::vector<double>& d, std::vector<double>& e, std::vector<double>& tau) {
  Int info = 0, ask = -1;
  double size = 0;
  lapack::table().dsytrd("L", &n, a, &n, d.data(), e.data(), tau.data(), &size, &ask, &info);
  const Int length = static_cast<Int>(size);
  const auto work = room(length);
  lapack::table().dsytrd("L", &n, a, &n, d.data(), e.data(), tau.data(), work.get(), &length, &info);
  return info;
}

/// Multiple relatively robust representations: of a graded T, small eigenvalues and their vectors come out to their own
/// precision, not to the largest one's. Every eigenvalue must be found.
Int relatively_robust(Int n, std::vector<double> d, std::vector<double> e, double* z, std::vector<double>& values) {
  const auto length = static_cast<std::size_t>(n);
  e.push_back(0);
  std::vector<double> work(18 * length);
  std::vector<Int> support(2 * length), iwork(10 * length);
  const Int lwork = 18 * n, liwork = 10 * n, zero_int = 0;
  const double zero = 0;
  Int count = 0, try_accuracy = 1, info = 0;
  lapack::table().dstemr("V", "A", &n, d.data(), e.data(), &zero, &zero, &zero_int, &zero_int, &count, values.data(), z,
                         &n, &n, support.data(), &try_accuracy, work.data(), &lwork, iwork.data(), &liwork, &info);
  return info != 0 || count == n ? info : -1;
}

/// Takes n² doubles of room; accurate to ε times the largest eigenvalue.
Int divide_and_conquer(Int n, std::vector<double>& d, std::vector<double>& e, double* z) {
  Int info = 0, ask = -1, iwork_size = 0;
  double size = 0;
  const auto& dstedc = lapack::table().dstedc;
  dstedc("I", &n, d.data(), e.data(), z, &n, &size, &ask, &iwork_size, &ask, &info);
  const Int length = static_cast<Int>(size);
  const auto work = room(length);
  std::vector<Int> iwork(static_cast<std::size_t>(iwork_size));
  dstedc("I", &n, d.data(), e.data(), z, &n, work.get(), &length, iwork.data(), &iwork_size, &info);
  return info;
}

/// "entry (3, 1) is nan", of the lower triangle; empty if every entry is finite.
std::string not_finite(std::int64_t n, const double* a) {
  for (std::int64_t j = 0; j < n; ++j)
    for (std::int64_t i = j; i < n; ++i)
      if (!std::isfinite(a[i + j * n])) return fmt::format("entry ({}, {}) is {}", i, j, a[i + j * n]);
  return {};
}

SolveStatus failure(std::string detail) { return {.ok = false, .routine = "none", .detail = std::move(detail)}; }

/// Eigenvalues (ascending) and vectors of the tridiagonal matrix (d, e), both destroyed.
SolveStatus solve_tridiagonal(std::vector<double>& d, std::vector<double>& e, double* z, std::vector<double>& values,
                              CpuEigensolver solver) {
  const Int n = static_cast<Int>(d.size());
  SolveStatus status{.routine = "dsytrd+dstemr", .detail = {}};
  Int robust = 0;
  if (solver == CpuEigensolver::relatively_robust) {
    robust = relatively_robust(n, d, e, z, values);
    if (robust == 0) return status;
  }
  if (const Int info = divide_and_conquer(n, d, e, z); info != 0)
    return failure(fmt::format("the eigenproblem of order {} did not converge: dstemr returned info {}, dstedc {}", n,
                               robust, info));
  values = d;
  status.routine = robust == 0 ? "dsytrd+dstedc" : fmt::format("dsytrd+dstedc after dstemr failed (info {})", robust);
  status.accuracy = Accuracy::absolute;
  return status;
}

}  // namespace

SolveStatus symmetric_eigen(std::int64_t n, double* a, double* z, std::vector<double>& values, CpuEigensolver solver) {
  if (n > symmetric_eigen_largest)
    throw Error(ErrorCode::usage,
                fmt::format("an eigenproblem of order {} is beyond the LAPACK workspace limit of order {}", n,
                            symmetric_eigen_largest));
  if (std::string where = not_finite(n, a); !where.empty())
    return failure(fmt::format("the matrix of order {} is not finite: {}", n, where));
  values.assign(static_cast<std::size_t>(n), 0);
  if (n == 0) return {.routine = "none", .detail = {}};
  if (n == 1) {
    values[0] = a[0];
    z[0] = 1;
    return {.routine = "none", .detail = {}};
  }
  std::vector<double> d(static_cast<std::size_t>(n)), e(static_cast<std::size_t>(n - 1)), tau(e.size());
  if (const Int info = tridiagonalize(static_cast<Int>(n), a, d, e, tau); info != 0)
    return failure(fmt::format("dsytrd of order {} returned info {}", n, info));
  SolveStatus status = solve_tridiagonal(d, e, z, values, solver);
  if (!status.ok) return status;
  back_transform(n, a, tau.data(), z);
  reverse_order(n, z, values);
  return status;
}

}  // namespace eigenlens
