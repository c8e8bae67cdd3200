// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <filesystem>
#include <string>

#include "data/atomic_file.hpp"
#include "data/npy_format.hpp"
#include "eigenlens/error.hpp"
#include "eigenlens/frontier.hpp"

namespace eigenlens {
namespace {

void make_folder(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error || !std::filesystem::is_directory(folder))
    throw Error(ErrorCode::io, fmt::format("cannot make the folder {}: {}", folder,
                                           error ? error.message() : "a file is in its place"));
}

void write_array(const std::string& path, const std::vector<std::int64_t>& shape, const double* values,
                 std::size_t count) {
  AtomicFile file(path);
  file.write(compose_npy_header("<f8", shape));
  file.write(values, count * sizeof(double));
  file.commit();
}

/// Row-major, as the format is read everywhere.
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

}  // namespace

void write_maps(const JointMaps& maps, const std::string& folder) {
  const std::string own = fmt::format("{}/lambda-{}", folder, maps.lambda);
  make_folder(own);
  write_matrix(own + "/encoder.npy", maps.encoder);
  write_matrix(own + "/classifier.npy", maps.classifier);
  write_matrix(own + "/decoder.npy", maps.decoder);
  write_vector(folder + "/mean.npy", maps.mean);
  write_vector(folder + "/std.npy", {maps.std});
  write_vector(folder + "/frequency.npy", maps.frequency);
}

void require_maps_folder(const std::string& folder) {
  const std::filesystem::path path(folder);
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored) && !std::filesystem::is_directory(path, ignored))
    throw Error(ErrorCode::io, fmt::format("maps to {}: a file is in the folder's place", folder));
  if (std::filesystem::is_directory(path, ignored) && !std::filesystem::is_empty(path, ignored))
    throw Error(
        ErrorCode::usage,
        fmt::format("maps to {}: it is not empty: name a folder that is, or one that is not there yet", folder));
  const std::filesystem::path parent = std::filesystem::absolute(path, ignored).parent_path();
  if (!std::filesystem::is_directory(parent, ignored))
    throw Error(ErrorCode::io, fmt::format("maps to {}: there is no folder {}", folder, parent.string()));
}

}  // namespace eigenlens
