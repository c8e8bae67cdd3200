// SPDX-License-Identifier: Apache-2.0
#include "pretext/moment_files.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "data/atomic_file.hpp"
#include "data/byte_stream.hpp"
#include "data/npy_format.hpp"
#include "data/row_file.hpp"
#include "eigenlens/error.hpp"
#include "eigenlens/mask_moments.hpp"
#include "host/index.hpp"
#include "host/lapack.hpp"
#include "host/processor.hpp"

namespace eigenlens {
namespace {

/// What numbers of a file may be off by, where two of them should agree.
constexpr double agreement = 1e-9;

[[noreturn]] void fail(const std::string& path, const std::string& what) {
  throw Error(ErrorCode::data, fmt::format("{}: {}", path, what));
}

std::string shape_of(const NpyHeader& header) {
  return fmt::format("({}{})", fmt::join(header.shape, ", "), header.shape.size() == 1 ? "," : "");
}

/// The header, once its dtype is one of those expected.
NpyHeader read_header(ByteStream& stream, std::initializer_list<const char*> dtypes, const char* expected) {
  NpyHeader header = read_npy_header(stream);
  if (std::find(dtypes.begin(), dtypes.end(), header.descr) == dtypes.end())
    fail(stream.path(), fmt::format("it holds {}: expected {}", describe_dtype(header.descr), expected));
  return header;
}

/// n or n × m numbers as they stand in the file, all finite.
std::vector<double> read_numbers(const std::string& path, const std::vector<std::int64_t>& shape, const char* meaning) {
  ByteStream stream(path);
  const NpyHeader header = read_header(stream, {"<f8", "=f8"}, "float64 (<f8)");
  if (header.shape != shape)
    fail(path, fmt::format("its shape is {}: expected ({}{}), {}", shape_of(header), fmt::join(shape, ", "),
                           shape.size() == 1 ? "," : "", meaning));
  const std::int64_t cols = shape.size() == 1 ? 1 : shape[1];
  const std::int64_t factors[] = {cols, std::int64_t{sizeof(double)}};
  RowFile rows(std::move(stream), "row", shape[0], checked_product(factors, path));
  std::vector<double> values(at(shape[0] * cols));
  rows.read(shape[0], values.data());
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!std::isfinite(values[i]))
      fail(path, fmt::format("row {}, column {} is {}: expected a finite number", static_cast<std::int64_t>(i) / cols,
                             static_cast<std::int64_t>(i) % cols, values[i]));
  return values;
}

/// A symmetric matrix, exactly so.
DenseF64 read_symmetric(const std::string& path, std::int64_t n, const char* meaning) {
  const std::vector<double> values = read_numbers(path, {n, n}, meaning);
  const double largest = std::abs(
      *std::max_element(values.begin(), values.end(), [](double a, double b) { return std::abs(a) < std::abs(b); }));
  DenseF64 matrix(n, n);
  for (std::int64_t j = 0; j < n; ++j)
    for (std::int64_t i = j; i < n; ++i) {
      const double a = values[at(i * n + j)], b = values[at(j * n + i)];
      if (std::abs(a - b) > agreement * largest)
        fail(path, fmt::format("it is not symmetric: entry ({}, {}) is {}, entry ({}, {}) is {}", i, j, a, j, i, b));
      matrix(i, j) = matrix(j, i) = a / 2 + b / 2;
    }
  return matrix;
}

/// Refuses a matrix with an eigenvalue below −16nε times its largest entry: with that much added to the diagonal, a
/// Cholesky factorisation goes through.
void require_semidefinite(DenseF64 matrix, const std::string& path, const char* what) {
  const std::int64_t n = matrix.rows();
  double largest = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    if (matrix(i, i) < 0) fail(path, fmt::format("{}: diagonal entry {} is {}, below 0", what, i, matrix(i, i)));
    largest = std::max(largest, matrix(i, i));
  }
  const double rounding = 16 * static_cast<double>(n) * std::numeric_limits<double>::epsilon() * largest;
  if (rounding == 0 && std::all_of(matrix.data(), matrix.data() + matrix.size(), [](double v) { return v == 0; }))
    return;
  for (std::int64_t i = 0; i < n; ++i) matrix(i, i) += rounding;
  const lapack::ThreadScope threads(std::min(available_threads(), lapack::largest_thread_count()));
  const auto order = static_cast<lapack::Int>(n);
  lapack::Int info = 0;
  lapack::table().dpotrf("L", &order, matrix.data(), &order, &info);
  if (info != 0)
    fail(path, fmt::format("{} has an eigenvalue below 0: its leading {} rows and columns are not positive "
                           "semidefinite",
                           what, info));
}

}  // namespace

DenseF64 read_covariance(const std::string& path, std::int64_t n) {
  DenseF64 covariance = read_symmetric(path, n, "the covariance of the D inputs");
  require_semidefinite(covariance, path, "the covariance");
  return covariance;
}

Dense<std::uint8_t> read_masks(const std::string& path, std::int64_t patches) {
  ByteStream stream(path);
  const NpyHeader header = read_header(stream, {"|u1", "<u1", "u1", "|b1", "<b1", "b1"}, "bool or uint8, 1 = shown");
  if (header.shape.size() != 2 || header.shape[1] != patches || header.shape[0] < 1)
    fail(path,
         fmt::format("its shape is {}: expected (J, {}), J masks of the image's patches", shape_of(header), patches));
  if (header.fortran_order) fail(path, "it is in Fortran order: expected C order (numpy.ascontiguousarray)");
  const std::int64_t count = header.shape[0];
  const std::int64_t factors[] = {count, patches};
  (void)checked_product(factors, path);
  RowFile rows(std::move(stream), "mask", count, patches);
  Dense<std::uint8_t> masks(patches, count);
  rows.read(count, masks.data());
  for (std::int64_t j = 0; j < count; ++j)
    for (std::int64_t i = 0; i < patches; ++i)
      if (masks(i, j) > 1)
        fail(path, fmt::format("row {}, column {} is {}: expected 0 (hidden) or 1 (shown)", j, i, masks(i, j)));
  return masks;
}

std::vector<double> read_first_moments(const std::string& path, std::int64_t patches) {
  std::vector<double> first = read_numbers(path, {patches}, "a probability for each patch");
  for (std::size_t i = 0; i < first.size(); ++i)
    if (!(first[i] >= 0 && first[i] <= 1))
      fail(path, fmt::format("entry {} is {}: expected a probability in [0, 1]", i, first[i]));
  return first;
}

DenseF64 read_second_moments(const std::string& path, const std::vector<double>& first, const std::string& first_path) {
  const auto n = static_cast<std::int64_t>(first.size());
  DenseF64 second = read_symmetric(path, n, "a probability for each pair of patches");
  for (std::int64_t i = 0; i < n; ++i) {
    if (std::abs(second(i, i) - first[at(i)]) > agreement)
      fail(path, fmt::format("diagonal entry {} is {}, but entry {} of {} is {}: a patch is shown together with itself "
                             "as often as it is shown",
                             i, second(i, i), i, first_path, first[at(i)]));
    second(i, i) = first[at(i)];
    for (std::int64_t j = 0; j < i; ++j) {
      const double most = std::min(first[at(i)], first[at(j)]), least = first[at(i)] + first[at(j)] - 1;
      const double both = second(i, j);
      if (both > most + agreement || both < std::max(least, 0.0) - agreement)
        fail(path, fmt::format("entry ({}, {}) is {}: two patches shown with probabilities {} and {} are both shown "
                               "with one from {} to {}",
                               i, j, both, first[at(i)], first[at(j)], std::max(least, 0.0), most));
      second(i, j) = second(j, i) = std::clamp(both, std::min(std::max(least, 0.0), most), most);
    }
  }
  DenseF64 covariance = second;
  for (std::int64_t j = 0; j < n; ++j)
    for (std::int64_t i = 0; i < n; ++i) covariance(i, j) -= first[at(i)] * first[at(j)];
  require_semidefinite(std::move(covariance), path, "the masks' covariance, second - first firstT,");
  return second;
}

void save_masks(const Dense<std::uint8_t>& masks, const std::string& path) {
  AtomicFile file(path);
  file.write(compose_npy_header("|u1", {masks.cols(), masks.rows()}));
  file.write(masks.data(), static_cast<std::size_t>(masks.size()));
  file.commit();
}

}  // namespace eigenlens
