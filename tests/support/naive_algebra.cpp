// SPDX-License-Identifier: Apache-2.0
#include "support/naive_algebra.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace eigenlens::test {
namespace {

/// One Jacobi rotation of the plane (p, q) that makes a(p, q) zero, applied to a and to the vectors v.
void rotate(RealMatrix& a, RealMatrix& v, std::int64_t p, std::int64_t q) {
  const Real theta = (a(q, q) - a(p, p)) / (2 * a(p, q));
  const Real t = (theta >= 0 ? 1 : -1) / (std::fabs(theta) + std::sqrt(theta * theta + 1));
  const Real c = 1 / std::sqrt(t * t + 1);
  const Real s = t * c;
  const Real app = a(p, p) - t * a(p, q);
  const Real aqq = a(q, q) + t * a(p, q);
  for (std::int64_t k = 0; k < a.rows(); ++k) {  // both columns; the rows follow by symmetry
    const Real akp = a(k, p);
    const Real akq = a(k, q);
    a(k, p) = c * akp - s * akq;
    a(k, q) = s * akp + c * akq;
    const Real vkp = v(k, p);
    const Real vkq = v(k, q);
    v(k, p) = c * vkp - s * vkq;
    v(k, q) = s * vkp + c * vkq;
  }
  for (std::int64_t k = 0; k < a.rows(); ++k) {
    a(p, k) = a(k, p);
    a(q, k) = a(k, q);
  }
  a(p, p) = app;
  a(q, q) = aqq;
  a(p, q) = a(q, p) = 0;
}

RealMatrix leading_columns(const RealMatrix& a, const std::vector<std::int64_t>& columns) {
  RealMatrix out(a.rows(), static_cast<std::int64_t>(columns.size()));
  for (std::int64_t j = 0; j < out.cols(); ++j) {
    std::copy_n(a.col(columns[static_cast<std::size_t>(j)]), a.rows(), out.col(j));
  }
  return out;
}

/// Columns that span the range of a symmetric S and make it the identity: VᵀSV = I.
RealMatrix whitening_of_range(const RealMatrix& s) {
  const Real smallest = static_cast<Real>(s.rows()) * std::numeric_limits<double>::epsilon();
  if (const auto l = cholesky(s, smallest)) {
    RealMatrix identity(s.rows(), s.rows());
    for (std::int64_t i = 0; i < s.rows(); ++i) identity(i, i) = 1;
    return solve_lower_transposed(*l, identity);
  }
  const Eigen eigen = jacobi_eigen(s);
  RealMatrix v(s.rows(), numerical_rank(eigen.values));
  for (std::int64_t k = 0; k < v.cols(); ++k) {
    const Real scale = std::sqrt(eigen.values[static_cast<std::size_t>(k)]);
    for (std::int64_t i = 0; i < v.rows(); ++i) v(i, k) = eigen.vectors(i, k) / scale;
  }
  return v;
}

}  // namespace

RealMatrix transpose(const RealMatrix& a) {
  RealMatrix out(a.cols(), a.rows());
  for (std::int64_t j = 0; j < a.cols(); ++j) {
    for (std::int64_t i = 0; i < a.rows(); ++i) out(j, i) = a(i, j);
  }
  return out;
}

RealMatrix product(const RealMatrix& a, const RealMatrix& b) {
  RealMatrix out(a.rows(), b.cols());
  for (std::int64_t j = 0; j < b.cols(); ++j) {
    for (std::int64_t k = 0; k < a.cols(); ++k) {
      for (std::int64_t i = 0; i < a.rows(); ++i) out(i, j) += a(i, k) * b(k, j);
    }
  }
  return out;
}

Real trace(const RealMatrix& a) {
  Real sum = 0;
  for (std::int64_t i = 0; i < a.rows(); ++i) sum += a(i, i);
  return sum;
}

Eigen jacobi_eigen(RealMatrix a) {
  const std::int64_t n = a.rows();
  RealMatrix v(n, n);
  for (std::int64_t i = 0; i < n; ++i) v(i, i) = 1;
  Real norm = 0;
  for (std::int64_t i = 0; i < a.size(); ++i) norm = std::max(norm, std::fabs(a.data()[i]));
  const Real negligible = norm * std::numeric_limits<Real>::epsilon() / 64;
  bool rotated = norm > 0;
  for (int pass = 0; rotated && pass < 60; ++pass) {
    rotated = false;
    for (std::int64_t p = 0; p < n; ++p) {
      for (std::int64_t q = p + 1; q < n; ++q) {
        if (std::fabs(a(p, q)) <= negligible) continue;
        rotate(a, v, p, q);
        rotated = true;
      }
    }
  }
  std::vector<std::int64_t> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::int64_t i, std::int64_t j) { return a(i, i) > a(j, j); });
  Eigen eigen{{}, leading_columns(v, order)};
  for (const std::int64_t i : order) eigen.values.push_back(a(i, i));
  return eigen;
}

std::optional<RealMatrix> cholesky(const RealMatrix& a, Real smallest) {
  const std::int64_t n = a.rows();
  Real largest = 0;
  for (std::int64_t i = 0; i < n; ++i) largest = std::max(largest, a(i, i));
  RealMatrix l(n, n);
  for (std::int64_t j = 0; j < n; ++j) {
    Real pivot = a(j, j);
    for (std::int64_t k = 0; k < j; ++k) pivot -= l(j, k) * l(j, k);
    if (!(pivot > smallest * largest)) return std::nullopt;
    l(j, j) = std::sqrt(pivot);
    for (std::int64_t i = j + 1; i < n; ++i) {
      Real sum = a(i, j);
      for (std::int64_t k = 0; k < j; ++k) sum -= l(i, k) * l(j, k);
      l(i, j) = sum / l(j, j);
    }
  }
  return l;
}

RealMatrix solve_lower(const RealMatrix& l, const RealMatrix& b) {
  RealMatrix x = b;
  for (std::int64_t j = 0; j < b.cols(); ++j) {
    for (std::int64_t i = 0; i < l.rows(); ++i) {
      for (std::int64_t k = 0; k < i; ++k) x(i, j) -= l(i, k) * x(k, j);
      x(i, j) /= l(i, i);
    }
  }
  return x;
}

RealMatrix solve_lower_transposed(const RealMatrix& l, const RealMatrix& b) {
  RealMatrix x = b;
  for (std::int64_t j = 0; j < b.cols(); ++j) {
    for (std::int64_t i = l.rows() - 1; i >= 0; --i) {
      for (std::int64_t k = i + 1; k < l.rows(); ++k) x(i, j) -= l(k, i) * x(k, j);
      x(i, j) /= l(i, i);
    }
  }
  return x;
}

RealMatrix orthonormal_columns(RealMatrix a) {
  for (std::int64_t j = 0; j < a.cols(); ++j) {
    for (int pass = 0; pass < 2; ++pass) {
      for (std::int64_t k = 0; k < j; ++k) {
        const Real along = std::inner_product(a.col(k), a.col(k) + a.rows(), a.col(j), Real{0});
        for (std::int64_t i = 0; i < a.rows(); ++i) a(i, j) -= along * a(i, k);
      }
      const Real norm = std::sqrt(std::inner_product(a.col(j), a.col(j) + a.rows(), a.col(j), Real{0}));
      for (std::int64_t i = 0; i < a.rows(); ++i) a(i, j) /= norm;
    }
  }
  return a;
}

Eigen generalized_eigen(const RealMatrix& a1, const RealMatrix& s, std::int64_t count) {
  const RealMatrix w = whitening_of_range(s);
  const RealMatrix j = product(transpose(w), a1);
  Eigen inner = jacobi_eigen(product(j, transpose(j)));
  std::vector<std::int64_t> leading(static_cast<std::size_t>(count));
  std::iota(leading.begin(), leading.end(), std::int64_t{0});
  inner.values.resize(static_cast<std::size_t>(count));
  return {inner.values, product(w, leading_columns(inner.vectors, leading))};
}

std::int64_t numerical_rank(const std::vector<Real>& values) {
  const Real smallest = static_cast<Real>(values.size()) * std::numeric_limits<double>::epsilon() * values.front();
  return std::count_if(values.begin(), values.end(), [&](Real value) { return value > smallest && value > 0; });
}

}  // namespace eigenlens::test
