// SPDX-License-Identifier: Apache-2.0
/// \file
/// Rows and columns of a matrix, taken out and put back by lists of coordinates.
#pragma once

#include <cstdint>

#include "kernels/launch.hpp"

namespace eigenlens::kernels {

/// K (count × count) ← G(list[i], list[j]), G of D × D.
Status gather_square(const double* g, std::int64_t dimension, const std::int64_t* list, std::int64_t count, double* k,
                     Stream stream);

/// to(i, j) ← from(list[i], j), rows × columns.
Status gather_rows(const double* from, std::int64_t ld_from, const std::int64_t* list, std::int64_t rows,
                   std::int64_t columns, double* to, std::int64_t ld_to, Stream stream);

/// to(list[i], j) ← from(i, j), rows × columns.
Status scatter_rows(const double* from, std::int64_t ld_from, const std::int64_t* list, std::int64_t rows,
                    std::int64_t columns, double* to, std::int64_t ld_to, Stream stream);

/// a (n × n) ← aᵀ.
Status transpose_in_place(std::int64_t n, double* a, Stream stream);

}  // namespace eigenlens::kernels
