// SPDX-License-Identifier: Apache-2.0
#include "support/moment_arrays.hpp"

#include <bit>

#include "support/dataset_files.hpp"

namespace eigenlens::test {

std::string write_vector(const TemporaryDirectory& directory, const std::string& name,
                         const std::vector<double>& values) {
  return directory.write(name, npy_file("<f8", "(" + std::to_string(values.size()) + ",)", bytes_of_values(values)));
}

std::string write_matrix(const TemporaryDirectory& directory, const std::string& name, const DenseF64& matrix) {
  std::vector<double> rows;
  for (std::int64_t i = 0; i < matrix.rows(); ++i)
    for (std::int64_t j = 0; j < matrix.cols(); ++j) rows.push_back(matrix(i, j));
  const std::string shape = "(" + std::to_string(matrix.rows()) + ", " + std::to_string(matrix.cols()) + ")";
  return directory.write(name, npy_file("<f8", shape, bytes_of_values(rows)));
}

std::string write_masks(const TemporaryDirectory& directory, const std::string& name,
                        const std::vector<std::vector<std::uint8_t>>& masks) {
  std::string bytes;
  for (const auto& mask : masks)
    for (const std::uint8_t shown : mask) bytes += static_cast<char>(shown);
  const std::string shape = "(" + std::to_string(masks.size()) + ", " + std::to_string(masks.front().size()) + ")";
  return directory.write(name, npy_file("|u1", shape, bytes));
}

std::vector<std::vector<std::uint8_t>> all_masks(std::int64_t patches, std::int64_t shown) {
  std::vector<std::vector<std::uint8_t>> masks;
  for (std::uint64_t bits = 0; bits < std::uint64_t{1} << patches; ++bits) {
    if (shown >= 0 && std::popcount(bits) != shown) continue;
    masks.emplace_back();
    for (std::int64_t i = 0; i < patches; ++i) masks.back().push_back(bits >> i & 1);
  }
  return masks;
}

}  // namespace eigenlens::test
