// SPDX-License-Identifier: Apache-2.0
#include "sweep/corner_energies.hpp"

#include <algorithm>

#include "backend/transfer.hpp"
#include "host/index.hpp"

namespace eigenlens {
namespace {

constexpr std::int64_t panel_columns = 64;

/// Column j of A: its leading squares, summed, into every corner that it belongs to.
void add_column(const double* a, std::int64_t rows, std::int64_t j, CornerEnergies& energies) {
  double sum = 0;
  const std::int64_t above = std::min(j, rows);
  for (std::int64_t i = 0; i < above; ++i) energies.corner[at(i)] += sum += a[i] * a[i];
  if (j < rows) energies.diagonal.push_back(a[j]);
  for (std::int64_t i = above; i < rows; ++i) sum += a[i] * a[i];
  energies.total += sum;
}

}  // namespace

CornerEnergies corner_energies(Backend& backend, const Matrix& a) {
  CornerEnergies energies;
  energies.corner.resize(at(a.rows()));
  for (std::int64_t first = 0; first < a.cols(); first += panel_columns) {
    const std::int64_t count = std::min(panel_columns, a.cols() - first);
    const DenseF64 panel = downloaded(backend, a.columns(first, count));
    for (std::int64_t j = 0; j < count; ++j) add_column(panel.col(j), a.rows(), first + j, energies);
  }
  return energies;
}

}  // namespace eigenlens
