// SPDX-License-Identifier: Apache-2.0
/// \file
/// .npy files of covariances, masks and their moments.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "eigenlens/dense.hpp"
#include "support/temporary_directory.hpp"

namespace eigenlens::test {

/// Writes float64 numbers in C order: n, or the rows of a matrix. Returns the path.
std::string write_vector(const TemporaryDirectory& directory, const std::string& name,
                         const std::vector<double>& values);
std::string write_matrix(const TemporaryDirectory& directory, const std::string& name, const DenseF64& matrix);
/// Writes masks as uint8, a row each.
std::string write_masks(const TemporaryDirectory& directory, const std::string& name,
                        const std::vector<std::vector<std::uint8_t>>& masks);

/// All masks of P patches that show exactly `shown` of them; `shown` < 0: all 2^P.
std::vector<std::vector<std::uint8_t>> all_masks(std::int64_t patches, std::int64_t shown = -1);

}  // namespace eigenlens::test
