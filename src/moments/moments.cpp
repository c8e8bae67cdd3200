// SPDX-License-Identifier: Apache-2.0
// Moments of disjoint samples add up; those of a part can be taken away again.
#include "eigenlens/moments.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "eigenlens/error.hpp"
#include "moments/class_columns.hpp"
#include "moments/largest_count.hpp"

namespace eigenlens {
namespace {

std::string shape_name(const ImageShape& shape) {
  return fmt::format("{} × {} × {}", shape.channels, shape.height, shape.width);
}

void check_alike(const Moments& a, const Moments& b) {
  if (a.shape != b.shape)
    throw Error(ErrorCode::usage, fmt::format("moments of {} and of {} differ in shape: {} and {}", a.dataset,
                                              b.dataset, shape_name(a.shape), shape_name(b.shape)));
  if (a.arithmetic != b.arithmetic)
    throw Error(ErrorCode::usage, fmt::format("moments of {} and of {} differ in arithmetic: one is exact, one float64",
                                              a.dataset, b.dataset));
}

/// a ← a + sign·b where b may have fewer values; those that a lacks are zero.
template <class Scalar>
void add_to(std::vector<Scalar>& a, const std::vector<Scalar>& b, Scalar sign) {
  a.resize(std::max(a.size(), b.size()));
  for (std::size_t i = 0; i < b.size(); ++i) a[i] += sign * b[i];
}

/// The same for D × C matrices: columns are classes.
template <class Scalar>
void add_to(Dense<Scalar>& a, const Dense<Scalar>& b, Scalar sign) {
  if (a.cols() < b.cols()) a = with_classes(a, b.cols());
  for (std::int64_t i = 0; i < b.size(); ++i) a.data()[i] += sign * b.data()[i];
}

/// b's sums of x − s_b as sums of x − s_a: with δ = s_b − s_a, x − s_a = (x − s_b) + δ, so
/// S' = S + nδ, M' = M + δnᵀ (n of the classes), G' = G + δSᵀ + Sδᵀ + nδδᵀ.
Moments reshifted(Moments b, const std::vector<double>& shift) {
  if (b.shift == shift) return b;
  const std::int64_t dimension = b.dimension();
  const auto n = static_cast<double>(b.count);
  std::vector<double> delta(static_cast<std::size_t>(dimension));
  for (std::size_t i = 0; i < delta.size(); ++i) delta[i] = b.shift[i] - shift[i];
  const double* d = delta.data();
  const double* s = b.sum_f64.data();
  for (std::int64_t j = 0; j < dimension; ++j)
    for (std::int64_t i = 0; i <= j; ++i) {  // one value for both triangles: symmetric to the last bit
      b.gram_f64(i, j) += d[i] * s[j] + s[i] * d[j] + n * d[i] * d[j];
      b.gram_f64(j, i) = b.gram_f64(i, j);
    }
  for (std::int64_t c = 0; c < b.classes(); ++c)
    for (std::int64_t i = 0; i < dimension; ++i)
      b.cross_f64(i, c) += d[i] * static_cast<double>(b.class_counts[static_cast<std::size_t>(c)]);
  for (std::size_t i = 0; i < delta.size(); ++i) b.sum_f64[i] += n * delta[i];
  b.shift = shift;
  return b;
}

/// Names that fit C classes: equal ones, or those of the side that has them all; nothing where the two contradict.
std::vector<std::string> common_names(const Moments& a, const Moments& b, std::size_t classes) {
  const auto& longer = a.class_names.size() >= b.class_names.size() ? a.class_names : b.class_names;
  const auto& shorter = &longer == &a.class_names ? b.class_names : a.class_names;
  if (longer.size() != classes || !std::equal(shorter.begin(), shorter.end(), longer.begin())) return {};
  return longer;
}

Moments combine(const Moments& a, const Moments& b, std::int64_t sign) {
  Moments result = a;
  result.count += sign * b.count;
  add_to(result.class_counts, b.class_counts, sign);
  result.class_names = common_names(a, b, result.class_counts.size());
  if (a.arithmetic == Arithmetic::exact) {
    add_to(result.sum, b.sum, sign);
    add_to(result.gram, b.gram, sign);
    add_to(result.cross, b.cross, sign);
  } else {
    if (a.count == 0) result.shift = b.shift;  // sums of nothing are zero at any shift
    const Moments shifted = reshifted(b, result.shift);
    const auto sign_f64 = static_cast<double>(sign);
    add_to(result.sum_f64, shifted.sum_f64, sign_f64);
    add_to(result.gram_f64, shifted.gram_f64, sign_f64);
    add_to(result.cross_f64, shifted.cross_f64, sign_f64);
  }
  return result;
}

}  // namespace

Moments merge(const Moments& a, const Moments& b) {
  check_alike(a, b);
  if (a.count > largest_count - b.count)
    throw Error(ErrorCode::usage, fmt::format("moments of {} and of {} have {} and {} samples: more than {} together",
                                              a.dataset, b.dataset, a.count, b.count, largest_count));
  Moments result = combine(a, b, 1);
  if (a.dataset != b.dataset) result.dataset = a.dataset + " + " + b.dataset;
  return result;
}

Moments subtract(const Moments& a, const Moments& b) {
  check_alike(a, b);
  for (std::size_t c = 0; c < b.class_counts.size(); ++c) {
    const std::int64_t has = c < a.class_counts.size() ? a.class_counts[c] : 0;
    if (b.class_counts[c] > has)
      throw Error(ErrorCode::usage,
                  fmt::format("moments of {} cannot be taken from those of {}: {} samples of class {}, of {}",
                              b.dataset, a.dataset, b.class_counts[c], c, has));
  }
  Moments result = combine(a, b, -1);
  for (std::size_t i = 0; i < result.sum.size(); ++i)
    if (result.sum[i] < 0)
      throw Error(ErrorCode::usage, fmt::format("moments of {} cannot be taken from those of {}: not a part of them",
                                                b.dataset, a.dataset));
  if (a.dataset != b.dataset) result.dataset = a.dataset + " - " + b.dataset;
  return result;
}

}  // namespace eigenlens
