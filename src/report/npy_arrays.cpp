// SPDX-License-Identifier: Apache-2.0
#include "report/npy_arrays.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <filesystem>

#include "data/atomic_file.hpp"
#include "data/npy_format.hpp"
#include "eigenlens/error.hpp"

namespace eigenlens {
namespace {

void write_array(const std::string& path, const std::vector<std::int64_t>& shape, const double* values,
                 std::size_t count) {
  AtomicFile file(path);
  file.write(compose_npy_header("<f8", shape));
  file.write(values, count * sizeof(double));
  file.commit();
}

}  // namespace

void make_folder(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error || !std::filesystem::is_directory(folder))
    throw Error(ErrorCode::io, fmt::format("cannot make the folder {}: {}", folder,
                                           error ? error.message() : "a file is in its place"));
}

void write_matrix(const std::string& path, const DenseF64& matrix) {
  std::vector<double> rows;
  rows.reserve(static_cast<std::size_t>(matrix.size()));
  for (std::int64_t i = 0; i < matrix.rows(); ++i)
    for (std::int64_t j = 0; j < matrix.cols(); ++j) rows.push_back(matrix(i, j));
  write_array(path, {matrix.rows(), matrix.cols()}, rows.data(), rows.size());
}

void write_vector(const std::string& path, const std::vector<double>& values) {
  write_array(path, {static_cast<std::int64_t>(values.size())}, values.data(), values.size());
}

}  // namespace eigenlens
