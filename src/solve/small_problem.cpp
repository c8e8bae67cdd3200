// SPDX-License-Identifier: Apache-2.0
#include "solve/small_problem.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "eigenlens/error.hpp"
#include "host/index.hpp"

namespace eigenlens {

void SmallProblem::unpack(const double* packed, std::vector<double>& full) const {
  const std::int64_t n = poles_.directions();
  full.resize(at(n * n));
  for (std::int64_t j = 0; j < n; ++j)
    for (std::int64_t i = j; i < n; ++i) full[at(i + j * n)] = full[at(j + i * n)] = *packed++;
}

/// Every part of the matrix becomes as large as the distance to the far poles, whatever the sizes of F's rows and of λ.
void SmallProblem::find_scales(const Root& root) {
  const std::int64_t n = poles_.directions();
  kappa_.assign(at(n), 0);
  for (std::int64_t i = 0; i < n; ++i) {
    double largest = 0, near = 0;
    for (std::int64_t j = 0; j < n; ++j)
      largest = std::max(largest, std::abs(first_[at(i + j * n)]) * poles_.sigma[at(i)] / poles_.sigma[at(j)]);
    for (std::int64_t s = near_first_; s < root.near_end; ++s) near += poles_.f(i, s) * poles_.f(i, s);
    kappa_[at(i)] = (lambda_ + largest + near / scale_) / scale_;
  }
}

void SmallProblem::assemble(const Root& root) {
  const std::int64_t n = poles_.directions();
  matrix_.assign(at(order_ * order_), 0);
  const auto entry = [&](std::int64_t i, std::int64_t j) -> double& { return matrix_[at(i + j * order_)]; };
  for (std::int64_t s = 0; s < near_; ++s) {
    const std::int64_t pole = near_first_ + s;
    entry(s, s) = (poles_.place[at(pole)] - poles_.place[at(root.origin)]) - root.delta;
    for (std::int64_t i = 0; i < n; ++i) entry(near_ + i, s) = poles_.f(i, pole) / std::sqrt(kappa_[at(i)]);
  }
  for (std::int64_t j = 0; j < n; ++j)
    for (std::int64_t i = j; i < n; ++i) {
      const double value = first_[at(i + j * n)] + (i == j ? lambda_ : 0);
      entry(near_ + i, near_ + j) = -value / std::sqrt(kappa_[at(i)]) / std::sqrt(kappa_[at(j)]);
    }
}

void SmallProblem::decompose(const Root& root, const double* first, const double* second) {
  near_first_ = root.near_first;
  near_ = root.near_end - root.near_first;
  order_ = near_ + poles_.directions();
  scale_ = root.scale;
  unpack(first, first_);
  unpack(second, second_);
  find_scales(root);
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
  for (std::int64_t s = 0; s < near_; ++s) squared += z[s] * z[s];
  for (std::int64_t b = 0; b < n; ++b) {
    double sum = 0;
    for (std::int64_t a = 0; a < n; ++a) sum += second_[at(a + b * n)] * z[near_ + a] / std::sqrt(kappa_[at(a)]);
    squared += sum * z[near_ + b] / std::sqrt(kappa_[at(b)]);
  }
  const double value = values_[at(order_ - 1 - j)];
  return squared > 0 ? value / squared : std::copysign(std::numeric_limits<double>::infinity(), value);
}

SmallPair SmallProblem::pair(std::int64_t j) const {
  const std::int64_t n = poles_.directions();
  const double* z = vector(j);
  SmallPair pair{newton(j), {z, z + near_}, std::vector<double>(at(n)), std::vector<double>(at(n))};
  for (std::int64_t i = 0; i < n; ++i) pair.g[at(i)] = z[near_ + i] / std::sqrt(kappa_[at(i)]);
  for (std::int64_t i = 0; i < n; ++i) {
    // Fh = λg at a root. For small λ that has no rounding of F; for large λ it would magnify that of g.
    double& t = pair.t[at(i)];
    if (lambda_ <= kappa_[at(i)] * scale_ / 2) {
      t = lambda_ * pair.g[at(i)];
      continue;
    }
    for (std::int64_t s = 0; s < near_; ++s) t += poles_.f(i, near_first_ + s) * pair.near[at(s)];
    for (std::int64_t k = 0; k < n; ++k) t -= first_[at(i + k * n)] * pair.g[at(k)];
  }
  return pair;
}

}  // namespace eigenlens
