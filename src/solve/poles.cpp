// SPDX-License-Identifier: Apache-2.0
#include "solve/poles.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "host/index.hpp"
#include "host/singular_values.hpp"

namespace eigenlens {
namespace {

constexpr double epsilon = std::numeric_limits<double>::epsilon();

/// F = classes · f. Singular values that the rounding of F = MᵀPΛ^{-1/2} alone can make are dropped: its last columns
/// are divided by √λ_R, and with them their error.
void reduce(const DenseF64& f, Poles& poles) {
  const std::int64_t classes = f.rows(), rank = f.cols();
  DenseF64 transposed(rank, classes);
  for (std::int64_t r = 0; r < rank; ++r)
    for (std::int64_t c = 0; c < classes; ++c) transposed(r, c) = f(c, r);
  const SingularValues s = singular_values(std::move(transposed), SingularVectors::thin);
  const double spread = std::sqrt(poles.spectrum.front() / poles.spectrum.back());
  const double smallest = 4 * epsilon * (spread + static_cast<double>(std::max(classes, rank))) * s.sigma.front();
  std::int64_t kept = 0;
  while (kept < std::min(classes, rank) && s.sigma[at(kept)] > smallest) ++kept;
  poles.sigma.assign(s.sigma.begin(), s.sigma.begin() + kept);
  poles.classes = DenseF64(classes, kept);
  poles.f = DenseF64(kept, rank);
  for (std::int64_t i = 0; i < kept; ++i) {
    for (std::int64_t c = 0; c < classes; ++c) poles.classes(c, i) = s.vt(i, c);
    for (std::int64_t r = 0; r < rank; ++r) poles.f(i, r) = s.sigma[at(i)] * s.u(r, i);
  }
}

/// Of m > 1 equal eigenvalues: a turn after which at most C′ columns of F are not zero.
void turn_group(Poles& poles, std::int64_t first, std::int64_t size) {
  const std::int64_t rows = poles.f.rows();
  DenseF64 block(rows, size);
  std::copy_n(poles.f.col(first), rows * size, block.data());
  std::fill_n(poles.spectrum.begin() + first, size, poles.spectrum[at(first)]);
  if (std::all_of(block.data(), block.data() + block.size(), [](double x) { return x == 0; })) return;
  const SingularValues s = singular_values(std::move(block), SingularVectors::all);
  DenseF64 rotation(size, size);
  for (std::int64_t i = 0; i < size; ++i)
    for (std::int64_t j = 0; j < size; ++j) rotation(i, j) = s.vt(j, i);
  for (std::int64_t j = 0; j < size; ++j) {
    const bool moves = j < std::min(rows, size) && s.sigma[at(j)] > epsilon * static_cast<double>(size) * s.sigma[0];
    for (std::int64_t i = 0; i < rows; ++i) poles.f(i, first + j) = moves ? s.u(i, j) * s.sigma[at(j)] : 0;
  }
  poles.turns.push_back({first, std::move(rotation)});
}

/// Eigenvalues that agree to their last bits are one eigenvalue.
void merge_equal(Poles& poles) {
  const std::int64_t rank = poles.rank();
  for (std::int64_t first = 0; first < rank;) {
    const double value = poles.spectrum[at(first)];
    const double nearest = std::max(50 * epsilon * value, epsilon / 4 * poles.spectrum[0]);
    std::int64_t end = first + 1;
    while (end < rank && value - poles.spectrum[at(end)] <= nearest) ++end;
    if (end > first + 1) turn_group(poles, first, end - first);
    first = end;
  }
}

}  // namespace

Poles::Poles(std::span<const double> eigenvalues, const DenseF64& targets)
    : spectrum(eigenvalues.begin(), eigenvalues.end()) {
  reduce(targets, *this);
  merge_equal(*this);
  const std::int64_t rows = f.rows();
  for (std::int64_t s = 0; s < rank(); ++s) {
    const double* column = f.col(s);
    // Squares of what is smaller than this would underflow; nothing else of a small column is lost.
    const double least = 1e-140 * (sigma.empty() ? 0 : sigma[0]);
    if (std::all_of(column, column + rows, [&](double x) { return std::abs(x) <= least; })) {
      idle.push_back(s);
      continue;
    }
    place.push_back(spectrum[at(s)]);
    slot.push_back(s);
  }
  DenseF64 kept(rows, active());
  for (std::int64_t a = 0; a < active(); ++a) std::copy_n(f.col(slot[at(a)]), rows, kept.col(a));
  f = std::move(kept);
}

double Poles::effective(double lambda) const {
  constexpr double negligible = 1e-30;
  const double largest = sigma.front() * sigma.front(), smallest = sigma.back() * sigma.back();
  if (lambda * spectrum.back() * negligible > largest) return std::numeric_limits<double>::infinity();
  return lambda * spectrum.front() < negligible * smallest ? 0 : lambda;
}

void Poles::turn_back(double* h) const {
  std::vector<double> turned;
  for (const Turn& turn : turns) {
    const std::int64_t size = turn.rotation.rows();
    turned.assign(at(size), 0);
    for (std::int64_t j = 0; j < size; ++j)
      for (std::int64_t i = 0; i < size; ++i) turned[at(i)] += turn.rotation(i, j) * h[turn.first + j];
    std::copy(turned.begin(), turned.end(), h + turn.first);
  }
}

}  // namespace eigenlens
