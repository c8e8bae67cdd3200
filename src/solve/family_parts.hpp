// SPDX-License-Identifier: Apache-2.0
/// \file
/// Steps that families of both forms are made by.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "backend/backend.hpp"
#include "eigenlens/dense.hpp"
#include "solve/family.hpp"

namespace eigenlens {

/// Independent standard normal entries, the same every time.
DenseF64 random_normal(std::int64_t rows, std::int64_t cols);

/// What stands behind what is orthonormalised in Problem::right.
enum class Sketched { gg_omega, g_omega, b_omega, omega };
Matrix part_of(const Problem& problem, Sketched which);

/// Once `right` is there.
void allocate_workspace(Problem& problem, int lanes);

/// Eigenvectors of the n × n matrix in the workspace's first scratch into its basis; the routine that gave them.
/// Error(numerical) that says of what.
std::string decompose(Problem& problem, std::int64_t n, std::vector<double>& values, const std::string& of);

/// The principal family of G, or in the dual form of K, without what is projected: Θ, U and the routine; rank, largest
/// and spectrum of the problem. `what`: "the Gram matrix". Error(numerical) where nothing varies.
Family leading_directions(Problem& problem, const std::string& what);

/// Uᵀ times the right-hand sides, and the probe of the orthogonality check.
void project(Problem& problem, Family& family, const Matrix& right);

}  // namespace eigenlens
