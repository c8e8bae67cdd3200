// SPDX-License-Identifier: Apache-2.0
/// \file
/// Eigenvalues of tridiagonal matrices, each by itself, to their own precision: T − σI = LDLᵀ, σ as near to 0 as leaves
/// D positive, and bisection on the signs of the pivots of LDLᵀ − x: (108) to (110) of docs/math.md.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/host_device.hpp"
#include "kernels/launch.hpp"

namespace eigenlens::kernels {

/// T, n × n: d (n) on the diagonal, e (n − 1) beside it.
struct Tridiagonal {
  std::int64_t n = 0;
  const double *d = nullptr, *e = nullptr;
};

/// LDLᵀ = T − σI with D > 0: pivots (n) are D, ratios (n − 1) are L's entries below its diagonal; LD is T's e.
struct Factored {
  std::int64_t n = 0;
  const double *pivots = nullptr, *ratios = nullptr, *e = nullptr;
};

/// What a factorisation belongs to.
struct Shift {
  double scale;  ///< a power of two that took ‖T‖_∞ into [1, 2): T is scaled, and so are its eigenvalues
  double sigma;  ///< 0 wherever T is positive definite to its own precision
  double top;    ///< no eigenvalue of T − σI is larger; 0 if there is no factorisation
};

/// A denominator that is 0 stands for a tiny one; T is scaled, so that nothing divided by it overflows.
EIGENLENS_HOST_DEVICE inline double not_zero(double x) { return x == 0 ? -1e-250 : x; }

/// (108). False, with nothing promised of the arrays, where a pivot is not positive.
EIGENLENS_HOST_DEVICE inline bool factor_shifted(const Tridiagonal& t, double sigma, double* pivots, double* ratios) {
  double pivot = t.d[0] - sigma;
  for (std::int64_t i = 0;; ++i) {
    if (!(pivot > 0)) return false;
    pivots[i] = pivot;
    if (i == t.n - 1) return true;
    ratios[i] = t.e[i] / pivot;
    pivot = (t.d[i + 1] - sigma) - ratios[i] * t.e[i];
  }
}

/// (109): how many eigenvalues of LDLᵀ are less than x > 0.
EIGENLENS_HOST_DEVICE inline std::int64_t count_below(const Factored& f, double x) {
  std::int64_t count = 0;
  double s = -x;
  for (std::int64_t i = 0;; ++i) {
    const double pivot = not_zero(f.pivots[i] + s);
    count += pivot < 0 ? 1 : 0;
    if (i == f.n - 1) return count;
    s = f.ratios[i] * f.e[i] * (s / pivot) - x;
  }
}

/// The same of T itself, to ε‖T‖.
EIGENLENS_HOST_DEVICE inline std::int64_t count_below(const Tridiagonal& t, double x) {
  std::int64_t count = 0;
  double pivot = not_zero(t.d[0] - x);
  for (std::int64_t i = 0;; ++i) {
    count += pivot < 0 ? 1 : 0;
    if (i == t.n - 1) return count;
    pivot = not_zero((t.d[i + 1] - x) - t.e[i] * (t.e[i] / pivot));
  }
}

/// (110): eigenvalue number `index` from below, of LDLᵀ, between 0 and `top`, to a few units in its last place. The
/// middle of an interval of many decades is that of the decades.
EIGENLENS_HOST_DEVICE inline double eigenvalue(const Factored& f, std::int64_t index, double top) {
  double low = 1e-40 * top, high = top * (1 + 1e-12);
  if (count_below(f, low) > index) return low;
  for (;;) {
    const double middle = high > 2 * low ? std::sqrt(low) * std::sqrt(high) : low + (high - low) / 2;
    if (!(low < middle && middle < high)) return high;
    if (count_below(f, middle) > index)
      high = middle;
    else
      low = middle;
  }
}

/// ‖T‖_∞ on row i.
EIGENLENS_HOST_DEVICE inline double row_norm(const Tridiagonal& t, std::int64_t i) {
  return std::fabs(t.d[i]) + (i > 0 ? std::fabs(t.e[i - 1]) : 0) + (i < t.n - 1 ? std::fabs(t.e[i]) : 0);
}

/// Takes a norm ≥ 0 into [1, 2); 1 for those that are 0 or not finite.
EIGENLENS_HOST_DEVICE inline double power_of_two_scale(double norm) {
  return norm > 0 && norm <= 1e300 ? std::ldexp(1.0, -std::ilogb(norm)) : 1;
}

/// T and its factorisation of a batch, on the device; a lane's share of an array follows that of the lane before it.
struct TridiagonalBatch {
  std::int64_t n = 0;  ///< ≥ 1
  std::int64_t lanes = 0;
  double *d = nullptr, *e = nullptr;            ///< n each, of e the last is not read; scaled by factor_tridiagonal
  double *pivots = nullptr, *ratios = nullptr;  ///< n each
  Shift* shifts = nullptr;                      ///< 1
  double* values = nullptr;   ///< n: eigenvalues of LDLᵀ, descending: (value + sigma) / scale are those of T
  int* unresolved = nullptr;  ///< 1: vectors that are not to be had from LDLᵀ alone
};

/// T scaled, its pivots, ratios and shifts; unresolved is 0, or n where no σ was found. A block a lane; n steps one
/// after another, and up to 50n where T is not positive definite.
Status factor_tridiagonal(const TridiagonalBatch& batch, Stream stream);

/// values, a thread each: about 60n steps one after another, 60n² in all for a lane.
Status tridiagonal_values(const TridiagonalBatch& batch, Stream stream);

}  // namespace eigenlens::kernels
