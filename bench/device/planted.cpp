// SPDX-License-Identifier: Apache-2.0
#include "device/planted.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

namespace eigenlens::bench {
namespace {

using cuda::check;
using Vector = std::vector<double>;

double dot(const double* x, const double* y, std::int64_t n) {
  double sum = 0;
  for (std::int64_t i = 0; i < n; ++i) sum += x[i] * y[i];
  return sum;
}

double norm(const Vector& x) { return std::sqrt(dot(x.data(), x.data(), static_cast<std::int64_t>(x.size()))); }

/// x of norm 1.
Vector random_direction(std::int64_t n, std::uint64_t seed) {
  Vector v = random_doubles(n, seed);
  const double length = norm(v);
  for (double& value : v) value /= length;
  return v;
}

/// n values in (0, 1], evenly spread, in no order.
Vector spread(std::int64_t n) {
  Vector d(static_cast<std::size_t>(n));
  for (std::int64_t i = 0; i < n; ++i)
    d[static_cast<std::size_t>(i)] = 1 - std::fmod(static_cast<double>(i) * 0.6180339887498949, 1.0);
  return d;
}

/// d∘x + U(Wᵀx)
Vector apply(const Vector& d, const Vector& u, const Vector& w, const Vector& x) {
  const auto n = static_cast<std::int64_t>(d.size());
  Vector y(d.size());
  for (std::size_t i = 0; i < d.size(); ++i) y[i] = d[i] * x[i];
  for (std::size_t first = 0; first < u.size(); first += d.size()) {
    const double along = dot(w.data() + first, x.data(), n);
    for (std::size_t i = 0; i < d.size(); ++i) y[i] += along * u[first + i];
  }
  return y;
}

/// u ← U and one more column.
void append(Vector& columns, const Vector& column, double factor) {
  for (const double value : column) columns.push_back(factor * value);
}

/// A ← HAH with H = I − 2vvᵀ: two columns more, v and −2Av + 2(vᵀAv)v, for A symmetric.
void reflect(Planted& a, const Vector& v) {
  Vector w = a.times(v);
  const double along = dot(v.data(), w.data(), a.order());
  for (std::size_t i = 0; i < w.size(); ++i) w[i] = 2 * (along * v[i] - w[i]);
  append(a.u, v, 1);
  append(a.u, w, 1);
  append(a.w, w, 1);
  append(a.w, v, 1);
}

/// ‖x − y‖, infinite where it is not a number.
double distance(const Vector& x, const Vector& y) {
  Vector difference(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) difference[i] = x[i] - y[i];
  const double length = norm(difference);
  return std::isnan(length) ? std::numeric_limits<double>::infinity() : length;
}

double largest_difference(const Vector& x, const Vector& y) {
  double worst = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double off = std::abs(x[i] - y[i]);
    if (!(off <= worst)) worst = std::isnan(off) ? std::numeric_limits<double>::infinity() : off;
  }
  return worst;
}

/// The larger of ‖A y − Z(Λc)‖/‖c‖, with y = Zc, and ‖Zᵀy − c‖/‖c‖. op: how Z is stored.
double vectors_error(const cuda::Lane& lane, cublasOperation_t op, const double* z, const Vector& lambda,
                     const std::function<Vector(const Vector&)>& multiply) {
  const auto n = static_cast<std::int64_t>(lambda.size());
  const cublasOperation_t other = op == CUBLAS_OP_N ? CUBLAS_OP_T : CUBLAS_OP_N;
  const Vector c = random_doubles(n, 99);
  Vector scaled(c.size());
  for (std::size_t i = 0; i < c.size(); ++i) scaled[i] = lambda[i] * c[i];
  const Vector y = times(lane, op, n, z, c);
  const double residual = distance(multiply(y), times(lane, op, n, z, scaled));
  return std::max(residual, distance(times(lane, other, n, z, y), c)) / norm(c);
}

}  // namespace

Vector Planted::times(const Vector& x) const { return apply(d, u, w, x); }
Vector Planted::transposed_times(const Vector& x) const { return apply(d, w, u, x); }
Vector Planted::ascending() const {
  Vector values = d;
  std::sort(values.begin(), values.end());
  return values;
}

Planted planted_symmetric(std::int64_t n, std::uint64_t seed) {
  Planted a{spread(n), {}, {}};
  reflect(a, random_direction(n, seed));
  reflect(a, random_direction(n, seed + 1));
  return a;
}

Planted planted_general(std::int64_t n, std::uint64_t seed) {
  Planted a{spread(n), {}, {}};
  const Vector u = random_direction(n, seed), v = random_direction(n, seed + 1);
  const Vector du = a.times(u), dv = a.times(v);
  const double along = dot(u.data(), dv.data(), n);
  // (I − 2uuᵀ) D (I − 2vvᵀ) = D + u(4(uᵀDv)v − 2Du)ᵀ − 2(Dv)vᵀ
  Vector w(du.size());
  for (std::size_t i = 0; i < w.size(); ++i) w[i] = 4 * along * v[i] - 2 * du[i];
  append(a.u, u, 1);
  append(a.w, w, 1);
  append(a.u, dv, -2);
  append(a.w, v, 1);
  return a;
}

Planted planted_definite(std::int64_t n, std::uint64_t seed) {
  Planted a{Vector(static_cast<std::size_t>(n), 1.0), {}, {}};
  const Vector v = random_direction(n, seed);
  append(a.u, v, std::sqrt(static_cast<double>(n)));
  append(a.w, v, std::sqrt(static_cast<double>(n)));
  return a;
}

void write(const cuda::Lane& lane, const Planted& planted, double* a) {
  const std::int64_t n = planted.order();
  const auto few = static_cast<std::int64_t>(planted.u.size()) / n;
  const auto size = static_cast<std::size_t>(n);
  DeviceArray<double> d(n), u(n * few), w(n * few);
  d.upload(planted.d);
  u.upload(planted.u);
  w.upload(planted.w);
  check(cudaMemsetAsync(a, 0, size * size * sizeof(double), lane.raw()), "cudaMemsetAsync");
  check(cudaMemcpy2DAsync(a, (size + 1) * sizeof(double), d.data(), sizeof(double), sizeof(double), size,
                          cudaMemcpyDeviceToDevice, lane.raw()),
        "cudaMemcpy2DAsync");
  const double one = 1;
  check(cublasDgemm_64(lane.blas(), CUBLAS_OP_N, CUBLAS_OP_T, n, n, few, &one, u.data(), n, w.data(), n, &one, a, n),
        "cublasDgemm_64");
  lane.stream().synchronize();
}

Vector times(const cuda::Lane& lane, cublasOperation_t op, std::int64_t n, const double* a, const Vector& x) {
  DeviceArray<double> dx(n), dy(n);
  dx.upload(x);
  const double one = 1, zero = 0;
  check(cublasDgemv_64(lane.blas(), op, n, n, &one, a, n, dx.data(), 1, &zero, dy.data(), 1), "cublasDgemv_64");
  lane.stream().synchronize();
  return dy.download();
}

double eigen_error(const cuda::Lane& lane, const Planted& planted, const double* z, const Vector& values) {
  return std::max(largest_difference(values, planted.ascending()),
                  vectors_error(lane, CUBLAS_OP_N, z, values, [&](const Vector& y) { return planted.times(y); }));
}

double singular_error(const cuda::Lane& lane, const Planted& planted, const double* vt, const Vector& values) {
  Vector ascending(values.rbegin(), values.rend()), squares(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) squares[i] = values[i] * values[i];
  return std::max(largest_difference(ascending, planted.ascending()),
                  vectors_error(lane, CUBLAS_OP_T, vt, squares,
                                [&](const Vector& y) { return planted.transposed_times(planted.times(y)); }));
}

double rounding_bound(std::int64_t n) { return 50 * static_cast<double>(n) * std::numeric_limits<double>::epsilon(); }

}  // namespace eigenlens::bench
