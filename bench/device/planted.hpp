// SPDX-License-Identifier: Apache-2.0
/// \file
/// Matrices of any order whose spectrum is known: a diagonal turned by reflections, which is a diagonal plus a few
/// columns, so that the host applies it in O(n) and the device makes it by one product.
#pragma once

#include <cstdint>
#include <vector>

#include "device/ceilings.hpp"

namespace eigenlens::bench {

/// diag(d) + U Wᵀ, of order n; columns of U and W one after another.
struct Planted {
  std::vector<double> d;     ///< n, in (0, 1], of no order: the eigenvalues or singular values, too
  std::vector<double> u, w;  ///< n × few
  [[nodiscard]] std::int64_t order() const { return static_cast<std::int64_t>(d.size()); }
  [[nodiscard]] std::vector<double> times(const std::vector<double>& x) const;
  [[nodiscard]] std::vector<double> transposed_times(const std::vector<double>& x) const;
  [[nodiscard]] std::vector<double> ascending() const;
};

/// H₂H₁ diag(d) H₁H₂, H reflections by random vectors: symmetric, full.
Planted planted_symmetric(std::int64_t n, std::uint64_t seed);
/// H₁ diag(d) H₂: singular values d.
Planted planted_general(std::int64_t n, std::uint64_t seed);
/// I + vvᵀ, v of norm √n: positive definite.
Planted planted_definite(std::int64_t n, std::uint64_t seed);

/// The matrix whole, n × n at `a`.
void write(const cuda::Lane& lane, const Planted& planted, double* a);

/// y ← op(A) x, A of n × n on the device, x and y on the host.
std::vector<double> times(const cuda::Lane& lane, cublasOperation_t op, std::int64_t n, const double* a,
                          const std::vector<double>& x);

/// Of eigenvectors Z (n × n) and values (n, both ascending) by random combinations of all columns, O(n²): the largest
/// of |value − planted|, ‖(AZ − ZΛ)c‖/‖c‖ and ‖ZᵀZc − c‖/‖c‖; ‖A‖ is 1.
double eigen_error(const cuda::Lane& lane, const Planted& planted, const double* z, const std::vector<double>& values);
/// Of right singular vectors Vᵀ (n × n) and values (descending): the same of AᵀA.
double singular_error(const cuda::Lane& lane, const Planted& planted, const double* vt,
                      const std::vector<double>& values);

/// What rounding may make of these errors at order n.
double rounding_bound(std::int64_t n);

}  // namespace eigenlens::bench
