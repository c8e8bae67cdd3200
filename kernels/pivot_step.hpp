// SPDX-License-Identifier: Apache-2.0
/// \file
/// One column of B = L Lᵀ with complete pivoting, for a block that deserves the whole device: (18) of docs/math.md.
#pragma once

#include <cstdint>
#include <limits>

#include "kernels/host_device.hpp"
#include "kernels/launch.hpp"

namespace eigenlens::kernels {

/// Columns of L that may be missing from S: then S ← S − L_panel L_panelᵀ.
inline constexpr std::int64_t pivot_panel = 64;

/// What is left of the diagonal in rows that were pivots.
inline constexpr double pivot_taken = -std::numeric_limits<double>::infinity();

/// What the steps of one block share, on the device.
struct PivotRun {
  double smallest;    ///< a pivot that is not above it ends the run; step 0 sets it
  std::int64_t rank;  ///< negative until the run has ended
};

/// Step k. Rows and columns stay where they are; those that were pivots before are `pivot_taken` in `left`.
struct PivotStep {
  std::int64_t size;    ///< n
  std::int64_t k;       ///< the column of L
  std::int64_t first;   ///< columns before it have been taken from S; k − first < pivot_panel
  double tolerance;     ///< of the largest entry of the diagonal
  const double* s;      ///< n × n, of which the lower triangle is read
  double* l;            ///< n × n: column k is written
  const double* left;   ///< n: the diagonal of what is left; not read by step 0, which takes that of S
  double* next;         ///< n: the same after this step; not `left`
  std::int64_t* order;  ///< n: [k] ← the row of the pivot
  PivotRun* run;
};

/// What is left of diagonal entry i.
EIGENLENS_HOST_DEVICE inline double left_of(const PivotStep& step, std::int64_t i) {
  return step.k == 0 ? step.s[i + i * step.size] : step.left[i];
}

/// L(i, k), with the pivot in row p, its root, and row p of columns first … k − 1 of L.
EIGENLENS_HOST_DEVICE inline double pivoted_entry(const PivotStep& step, std::int64_t i, std::int64_t p, double root,
                                                  const double* row) {
  if (left_of(step, i) == pivot_taken) return 0;
  if (i == p) return root;
  const std::int64_t n = step.size;
  double sum = i > p ? step.s[i + p * n] : step.s[p + i * n];
  for (std::int64_t m = 0; m < step.k - step.first; ++m) sum -= step.l[i + (step.first + m) * n] * row[m];
  return sum / root;
}

/// next(i), after `value` = L(i, k).
EIGENLENS_HOST_DEVICE inline double left_after(const PivotStep& step, std::int64_t i, std::int64_t p, double value) {
  return i == p ? pivot_taken : left_of(step, i) - value * value;
}

/// The largest that is left is the pivot, of equal ones the first. If it is `tolerance` times the largest of step 0 or
/// less, or nothing but NaN is left, run.rank ← k, and this step and those after it change nothing else.
Status pivot_step(const PivotStep& step, Stream stream);

}  // namespace eigenlens::kernels
