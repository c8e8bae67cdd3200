// SPDX-License-Identifier: Apache-2.0
#include "sweep/perfect_alignment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "eigenlens/error.hpp"
#include "host/index.hpp"
#include "host/lapack.hpp"
#include "solve/poles.hpp"

namespace eigenlens {
namespace {

/// What of F may be left, as a share of ‖F‖: its square is what an alignment of 1 lacks.
constexpr double tolerance = 1e-6;
/// Flops for the angles at every K; where that is not enough they are given at powers of two.
constexpr double most_work = 2e10;

/// Eigenvalues of a symmetric matrix, descending.
std::vector<double> eigenvalues(DenseF64 matrix) {
  const auto n = static_cast<lapack::Int>(matrix.rows()), length = 1 + 2 * n, one = 1;
  std::vector<double> values(at(n)), work(at(length));
  lapack::Int integer = 0, info = 0;
  lapack::table().dsyevd("N", "L", &n, matrix.data(), &n, values.data(), work.data(), &length, &integer, &one, &info);
  if (info != 0) throw Error(ErrorCode::numerical, fmt::format("dsyevd of {} principal angles: {}", n, info));
  std::reverse(values.begin(), values.end());
  return values;
}

/// Orthonormal rows that span those of F, by falling singular values: rank F × R.
DenseF64 directions_of(const Poles& poles) {
  DenseF64 rows(poles.directions(), poles.rank());
  for (std::int64_t a = 0; a < poles.active(); ++a)
    for (std::int64_t i = 0; i < rows.rows(); ++i) rows(i, poles.slot[at(a)]) = poles.f(i, a) / poles.sigma[at(i)];
  return rows;
}

/// Squared sines of the angles between the first m directions and the first K components are the eigenvalues of what
/// the directions have beyond K. Summed from the last component on: no difference of large numbers.
class Beyond {
 public:
  explicit Beyond(const DenseF64& directions)
      : directions_(directions), k_(directions.cols()), sum_(directions.rows(), directions.rows()) {}

  void go_down_to(std::int64_t k) {
    while (k_ > k) {
      const double* u = directions_.col(--k_);
      for (std::int64_t j = 0; j < sum_.cols(); ++j)
        for (std::int64_t i = 0; i < sum_.rows(); ++i) sum_(i, j) += u[i] * u[j];
    }
  }
  /// In degrees, descending: min(K, rank F) of them.
  [[nodiscard]] std::vector<double> angles() const {
    const std::int64_t m = std::min(k_, sum_.rows());
    DenseF64 leading(m, m);
    for (std::int64_t j = 0; j < m; ++j) std::copy_n(sum_.col(j), m, leading.col(j));
    std::vector<double> angles = eigenvalues(std::move(leading));
    for (double& value : angles) value = std::asin(std::sqrt(std::clamp(value, 0.0, 1.0))) * 180 / std::numbers::pi;
    return angles;
  }

 private:
  const DenseF64& directions_;
  std::int64_t k_;
  DenseF64 sum_;
};

std::vector<std::int64_t> angle_dimensions(std::int64_t rank, std::int64_t directions) {
  const auto r = static_cast<double>(directions);
  const bool all = static_cast<double>(rank) * r * r * r * 4 / 3 <= most_work;
  std::vector<std::int64_t> k;
  for (std::int64_t next = 1; next < rank; next = all ? next + 1 : 2 * next) k.push_back(next);
  k.push_back(rank);
  return k;
}

}  // namespace

PerfectAlignment perfect_alignment(const std::vector<double>& spectrum, const DenseF64& targets) {
  const std::int64_t rank = targets.rows();
  PerfectAlignment result;
  result.tolerance = tolerance;
  double beyond = 0;
  std::vector<double> left(at(rank), 0.0);
  DenseF64 f(targets.cols(), rank);
  for (std::int64_t k = rank - 1; k >= 0; --k) {
    left[at(k)] = beyond;
    for (std::int64_t c = 0; c < targets.cols(); ++c) {
      f(c, k) = targets(k, c);
      beyond += targets(k, c) * targets(k, c);
    }
  }
  for (const double energy : left) result.residual.push_back(std::sqrt(energy / beyond));
  const auto reached =
      std::find_if(result.residual.begin(), result.residual.end(), [](double r) { return r <= tolerance; });
  result.smallest_k = reached - result.residual.begin() + 1;

  const DenseF64 directions = directions_of(Poles(spectrum, f));
  result.target_rank = directions.rows();
  result.angle_k = angle_dimensions(rank, result.target_rank);
  Beyond rest(directions);
  for (auto k = result.angle_k.rbegin(); k != result.angle_k.rend(); ++k) {
    rest.go_down_to(*k);
    result.largest_angle.push_back(rest.angles().front());
  }
  std::reverse(result.largest_angle.begin(), result.largest_angle.end());
  Beyond at_rank(directions);
  at_rank.go_down_to(result.target_rank);
  result.angles_at_rank = at_rank.angles();
  return result;
}

}  // namespace eigenlens
