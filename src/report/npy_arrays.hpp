// SPDX-License-Identifier: Apache-2.0
/// \file
/// Arrays as .npy files of float64, row-major as the format is read everywhere, each whole or not there.
#pragma once

#include <string>
#include <vector>

#include "eigenlens/dense.hpp"

namespace eigenlens {

/// Makes a folder and those above it. Error(io).
void make_folder(const std::string& folder);
void write_matrix(const std::string& path, const DenseF64& matrix);
void write_vector(const std::string& path, const std::vector<double>& values);

}  // namespace eigenlens
