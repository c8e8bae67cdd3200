// SPDX-License-Identifier: Apache-2.0
#include "solve/small_problem.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "eigenlens/error.hpp"
#include "host/index.hpp"

namespace eigenlens {
namespace {

/// Of the distance to the far poles: keeps squares of the resolution in the range of 64-bit numbers.
constexpr double smallest_resolution = 1e-40;

}  // namespace

void SmallProblem::unpack(const double* packed, std::vector<double>& full) const {
  const std::int64_t n = poles_.directions();
  full.resize(at(n * n));
  for (std::int64_t j = 0; j < n; ++j)
    for (std::int64_t i = j; i < n; ++i) full[at(i + j * n)] = full[at(j + i * n)] = *packed++;
}

/// Every part of the matrix becomes as large as the resolution, whatever the sizes of F's rows and of λ, and however
/// far away a near pole is.
void SmallProblem::find_factors(const Root& root) {
  const std::int64_t n = poles_.directions();
  from_g_.clear();
  std::vector<double> rest(at(n), lambda_);  // λ and what the far poles make of it
  for (std::int64_t i = 0; i < n; ++i) {
    double largest = 0;
    for (std::int64_t j = 0; j < n; ++j)
      largest = std::max(largest, std::abs(first_[at(i + j * n)]) * poles_.sigma[at(i)] / poles_.sigma[at(j)]);
    from_g_.push_back(lambda_ <= largest);
    rest[at(i)] += largest;
  }
  double nearest = root.scale;
  for (std::int64_t s = 0; s < near_; ++s) {
    double own = std::abs(distance_to(root, near_first_ + s));
    for (std::int64_t i = 0; i < n; ++i) {
      const double f = poles_.f(i, near_first_ + s);
      if (f != 0) own = std::max(own, f * f / rest[at(i)]);
    }
    nearest = std::min(nearest, own);
  }
  resolution_ = std::max(nearest, smallest_resolution * root.scale);
  factors_.assign(at(order_), 1);
  for (std::int64_t s = 0; s < near_; ++s) {
    const double distance = std::max(resolution_, std::abs(distance_to(root, near_first_ + s)));
    factors_[at(s)] = std::sqrt(resolution_ / distance);
    for (std::int64_t i = 0; i < n; ++i) rest[at(i)] += std::pow(poles_.f(i, near_first_ + s), 2) / distance;
  }
  for (std::int64_t i = 0; i < n; ++i) factors_[at(near_ + i)] = std::sqrt(resolution_ / rest[at(i)]);
}

double SmallProblem::distance_to(const Root& root, std::int64_t pole) const {
  return (poles_.place[at(pole)] - poles_.place[at(root.origin)]) - root.delta;
}

void SmallProblem::assemble(const Root& root) {
  const std::int64_t n = poles_.directions();
  matrix_.assign(at(order_ * order_), 0);
  const auto set = [&](std::int64_t i, std::int64_t j, double value) {
    matrix_[at(i + j * order_)] = value * factors_[at(i)] * factors_[at(j)];
  };
  for (std::int64_t s = 0; s < near_; ++s) {
    set(s, s, distance_to(root, near_first_ + s));
    for (std::int64_t i = 0; i < n; ++i) set(near_ + i, s, poles_.f(i, near_first_ + s));
  }
  for (std::int64_t j = 0; j < n; ++j)
    for (std::int64_t i = j; i < n; ++i) set(near_ + i, near_ + j, -first_[at(i + j * n)] - (i == j ? lambda_ : 0));
}

void SmallProblem::decompose(const Root& root, const double* first, const double* second) {
  near_first_ = root.near_first;
  near_ = root.near_end - root.near_first;
  order_ = near_ + poles_.directions();
  unpack(first, first_);
  unpack(second, second_);
  find_factors(root);
  assemble(root);
  values_.resize(at(order_));
  work_.resize(at(1 + 6 * order_ + 2 * order_ * order_));
  integers_.resize(at(3 + 5 * order_));
  const auto n = static_cast<lapack::Int>(order_), length = static_cast<lapack::Int>(work_.size()),
             places = static_cast<lapack::Int>(integers_.size());
  lapack::Int info = 0;
  lapack::table().dsyevd("V", "L", &n, matrix_.data(), &n, values_.data(), work_.data(), &length, integers_.data(),
                         &places, &info);
  if (info != 0) throw Error(ErrorCode::numerical, fmt::format("dsyevd of a secular matrix of order {}: {}", n, info));
}

std::int64_t SmallProblem::positive() const {
  return std::count_if(values_.begin(), values_.end(), [](double v) { return v > 0; });
}

const double* SmallProblem::vector(std::int64_t j) const { return matrix_.data() + (order_ - 1 - j) * order_; }

double SmallProblem::newton(std::int64_t j) const {
  const std::int64_t n = poles_.directions();
  const double* z = vector(j);
  double squared = 0;  // ‖h‖²: minus the derivative of the quadratic form
  for (std::int64_t s = 0; s < near_; ++s) squared += std::pow(z[s] * factors_[at(s)], 2);
  for (std::int64_t b = 0; b < n; ++b) {
    double sum = 0;
    for (std::int64_t a = 0; a < n; ++a) sum += second_[at(a + b * n)] * z[near_ + a] * factors_[at(near_ + a)];
    squared += sum * z[near_ + b] * factors_[at(near_ + b)];
  }
  const double value = values_[at(order_ - 1 - j)];
  return squared > 0 ? value / squared : std::copysign(std::numeric_limits<double>::infinity(), value);
}

SmallPair SmallProblem::pair(std::int64_t j) const {
  const std::int64_t n = poles_.directions();
  const double* z = vector(j);
  SmallPair pair{newton(j), std::vector<double>(at(near_)), std::vector<double>(at(n)), std::vector<double>(at(n))};
  for (std::int64_t s = 0; s < near_; ++s) pair.near[at(s)] = z[s] * factors_[at(s)];
  for (std::int64_t i = 0; i < n; ++i) pair.g[at(i)] = z[near_ + i] * factors_[at(near_ + i)];
  for (std::int64_t i = 0; i < n; ++i) {
    // Fh = λg at a root. For small λ that has no rounding of F; for large λ it would magnify that of g.
    double& t = pair.t[at(i)];
    if (from_g_[at(i)]) {
      t = lambda_ * pair.g[at(i)];
      continue;
    }
    for (std::int64_t s = 0; s < near_; ++s) t += poles_.f(i, near_first_ + s) * pair.near[at(s)];
    for (std::int64_t k = 0; k < n; ++k) t -= first_[at(i + k * n)] * pair.g[at(k)];
  }
  return pair;
}

}  // namespace eigenlens
