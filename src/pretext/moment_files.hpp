// SPDX-License-Identifier: Apache-2.0
/// \file
/// Covariances, masks and their moments from .npy files, checked before anything is made of them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "eigenlens/dense.hpp"

namespace eigenlens {

/// A symmetric positive semidefinite n × n matrix of float64. Throws Error(io), or Error(data) naming the file and what
/// is wrong: dtype, shape, an entry that is not finite, two that differ from their mirror images, an eigenvalue below
/// zero. Cost: n³/3 flops.
DenseF64 read_covariance(const std::string& path, std::int64_t n);

/// J masks of P patches (bool or uint8, 0 or 1; 1: shown), one a column. Errors as above, naming row and column.
Dense<std::uint8_t> read_masks(const std::string& path, std::int64_t patches);

/// Probabilities that each of P patches is shown, and P × P that both of two are: in [0, 1], the diagonal of the second
/// equal to the first, and their covariance positive semidefinite.
std::vector<double> read_first_moments(const std::string& path, std::int64_t patches);
DenseF64 read_second_moments(const std::string& path, const std::vector<double>& first, const std::string& first_path);

}  // namespace eigenlens
