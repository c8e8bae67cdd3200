// SPDX-License-Identifier: Apache-2.0
/// \file
/// Squared row norms with weights on the columns, summed over leading rows: (8), (9), (14) and (17) of docs/math.md.
#pragma once

#include <cstdint>

#include "kernels/host_device.hpp"
#include "kernels/launch.hpp"

namespace eigenlens::kernels {

/// Which columns of a row count: all, or those up to the diagonal.
enum class Columns { all, to_diagonal };

/// Columns that one thread adds up: rows alone are too few to fill a GPU.
inline constexpr std::int64_t slab_width = 64;

/// How many slabs of that width: at least one.
EIGENLENS_HOST_DEVICE inline std::int64_t slab_count(std::int64_t cols) {
  return cols <= slab_width ? 1 : (cols + slab_width - 1) / slab_width;
}

/// Σ_j t_ij² w_j over the columns j of slab s that count, T of rows × cols; without w, of Σ_j t_ij².
EIGENLENS_HOST_DEVICE inline double slab_energy(const double* t, const double* w, std::int64_t rows, std::int64_t cols,
                                                Columns columns, std::int64_t i, std::int64_t s) {
  const std::int64_t count = columns == Columns::to_diagonal && i + 1 < cols ? i + 1 : cols;
  const std::int64_t end = (s + 1) * slab_width < count ? (s + 1) * slab_width : count;
  double sum = 0;
  for (std::int64_t j = s * slab_width; j < end; ++j) {
    const double x = t[i + j * rows];
    sum += w ? x * x * w[j] : x * x;
  }
  return sum;
}

/// The energy of row i from those of its slabs, `slabs` (rows × count).
EIGENLENS_HOST_DEVICE inline double row_energy(const double* slabs, std::int64_t rows, std::int64_t count,
                                               std::int64_t i) {
  double sum = 0;
  for (std::int64_t s = 0; s < count; ++s) sum += slabs[i + s * rows];
  return sum;
}

/// sums[k] ← Σ_{i≤k} Σ_j t_ij² w_j, k < rows. w may be null: ones. room: rows · slab_count(cols) doubles.
Status cumulative_energy(std::int64_t rows, std::int64_t cols, const double* t, Columns columns, const double* w,
                         double* room, double* sums, Stream stream);

}  // namespace eigenlens::kernels
