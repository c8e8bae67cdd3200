// SPDX-License-Identifier: Apache-2.0
#include "backend/cpu/cpu_backend.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <new>

#include "backend/cpu/gram_accumulator.hpp"
#include "backend/cpu/gram_u8.hpp"
#include "backend/cpu/symmetric_eigen.hpp"
#include "eigenlens/error.hpp"
#include "host/index.hpp"
#include "host/lapack.hpp"
#include "host/parallel.hpp"
#include "host/processor.hpp"

namespace eigenlens {
namespace {

using lapack::Int;

Int to_int(std::int64_t n) { return static_cast<Int>(n); }

}  // namespace

CpuBackend::CpuBackend(int threads, std::int64_t memory)
    : threads_(std::min(threads, lapack::largest_thread_count())), memory_(memory) {}

std::vector<std::pair<std::string, std::string>> CpuBackend::describe() const {
  return {{"device", "cpu"},
          {"processor", processor_name()},
          {"threads", fmt::format("{}", threads_)},
          {"blas", lapack::description()},
          {"integer_gram", std::string(isa_name(choose_isa()))},
          {"math_mode", "float64, integers exact"}};
}

int CpuBackend::lanes(std::int64_t, std::int64_t problems) const {
  // Measured at n = 784 and 3,072 (bench/README.md): one thread a problem wastes nothing on the serial parts.
  return static_cast<int>(std::clamp<std::int64_t>(problems, 1, threads_));
}

std::int64_t CpuBackend::largest_order(SolveMode mode) const {
  return mode == SolveMode::accurate ? right_singular_vectors_largest : symmetric_eigen_largest;
}

Matrix CpuBackend::allocate(std::int64_t rows, std::int64_t cols) {
  constexpr std::size_t alignment = 64;
  const std::size_t bytes = (at(rows * cols) * sizeof(double) + alignment - 1) / alignment * alignment;
  void* memory = std::aligned_alloc(alignment, std::max(bytes, alignment));
  if (!memory)
    throw Error(ErrorCode::memory, fmt::format("no memory for a {} x {} matrix ({} bytes)", rows, cols, bytes));
  return {std::shared_ptr<void>(memory, std::free), rows, cols};
}

void CpuBackend::upload(const double* host, Matrix& matrix) {
  std::memcpy(matrix.data(), host, at(matrix.size()) * sizeof(double));
}

void CpuBackend::download(const Matrix& matrix, double* host) {
  std::memcpy(host, matrix.data(), at(matrix.size()) * sizeof(double));
}

std::unique_ptr<GramAccumulator> CpuBackend::gram_accumulator(const DatasetInfo& info) {
  return make_cpu_gram_accumulator(info, threads_);
}

void CpuBackend::multiply(char op_a, char op_b, const Matrix& a, const Matrix& b, Matrix& c) {
  const Int m = to_int(c.rows()), n = to_int(c.cols()), k = to_int(op_a == 'N' ? a.cols() : a.rows());
  const Int lda = std::max(1, to_int(a.rows())), ldb = std::max(1, to_int(b.rows())), ldc = std::max(1, m);
  const double one = 1, zero = 0;
  const lapack::ThreadScope scope(threads_);
  lapack::table().dgemm(&op_a, &op_b, &m, &n, &k, &one, a.data(), &lda, b.data(), &ldb, &zero, c.data(), &ldc);
}

void CpuBackend::for_lanes(std::size_t lanes, const std::function<void(std::size_t)>& body) const {
  const lapack::ThreadScope scope(lanes > 1 ? 1 : threads_);
  parallel_for(threads_, static_cast<std::int64_t>(lanes), [&](std::int64_t l) { body(at(l)); });
}

void CpuBackend::congruence(const Matrix& e, std::span<const std::vector<double>> weights, std::span<Matrix> h) {
  const std::int64_t n = e.rows();
  for_lanes(h.size(), [&](std::size_t l) {
    const std::vector<double>& w = weights[l];
    for (std::int64_t j = 0; j < n; ++j) {
      const double* from = e.data() + j * n;
      double* to = h[l].data() + j * n;
      if (w.empty()) {
        std::copy(from + j, from + n, to + j);
        continue;
      }
      const double wj = w[at(j)];
      for (std::int64_t i = j; i < n; ++i) to[i] = from[i] * (w[at(i)] * wj);
    }
  });
}

std::vector<SolveStatus> CpuBackend::eigh(std::span<Matrix> a, std::span<Matrix> z,
                                          std::span<std::vector<double>> values) {
  std::vector<SolveStatus> status(a.size());
  for_lanes(a.size(), [&](std::size_t l) {
    try {
      status[l].routine = symmetric_eigen(a[l].rows(), a[l].data(), z[l].data(), values[l]);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::numerical) throw;
      status[l] = {.ok = false, .routine = "none", .detail = error.what()};
    }
  });
  return status;
}

std::vector<SolveStatus> CpuBackend::svd(const Matrix& f, std::span<const std::vector<double>> weights,
                                         std::span<Matrix> a, std::span<Matrix> z,
                                         std::span<std::vector<double>> values) {
  std::vector<SolveStatus> status(a.size());
  for_lanes(a.size(), [&](std::size_t l) {
    for (std::int64_t j = 0; j < f.cols(); ++j)
      for (std::int64_t i = 0; i < f.rows(); ++i)
        a[l].data()[i + j * f.rows()] = f.data()[i + j * f.rows()] * weights[l][at(j)];
    const std::int64_t info = right_singular_vectors(f.rows(), f.cols(), a[l].data(), z[l].data(), values[l]);
    status[l].routine = "dgesdd";
    if (info != 0)
      status[l] = {.ok = false, .routine = "dgesdd", .detail = fmt::format("dgesdd returned info {}", info)};
  });
  return status;
}

void CpuBackend::normalize_columns(std::span<Matrix> z, std::span<const std::vector<double>> weights,
                                   std::span<std::vector<double>> norms) {
  for_lanes(z.size(), [&](std::size_t l) {
    const std::int64_t rows = z[l].rows(), cols = z[l].cols();
    const double* w = weights[l].data();
    norms[l].assign(at(cols), 0);
    for (std::int64_t j = 0; j < cols; ++j) {
      double* column = z[l].data() + j * rows;
      double sum = 0;
      for (std::int64_t i = 0; i < rows; ++i) {
        column[i] *= w[i];
        sum += column[i] * column[i];
      }
      const double norm = norms[l][at(j)] = std::sqrt(sum);
      if (norm == 0) continue;
      for (std::int64_t i = 0; i < rows; ++i) column[i] /= norm;
    }
  });
}

void CpuBackend::gram(std::span<const Matrix> z, std::span<Matrix> c) {
  for_lanes(z.size(), [&](std::size_t l) {
    const Int n = to_int(z[l].cols()), k = to_int(z[l].rows());
    const double one = 1, zero = 0;
    lapack::table().dsyrk("L", "T", &n, &k, &one, z[l].data(), &k, &zero, c[l].data(), &n);
  });
}

std::vector<SolveStatus> CpuBackend::cholesky(std::span<Matrix> c) {
  std::vector<SolveStatus> status(c.size());
  for_lanes(c.size(), [&](std::size_t l) {
    const Int n = to_int(c[l].rows());
    Int info = 0;
    lapack::table().dpotrf("L", &n, c[l].data(), &n, &info);
    status[l].routine = "dpotrf";
    if (info != 0)
      status[l] = {
          .ok = false, .routine = "dpotrf", .detail = fmt::format("not positive definite at pivot {} of {}", info, n)};
  });
  return status;
}

void CpuBackend::triangular_solve(std::span<const Matrix> l, std::span<Matrix> b) {
  for_lanes(l.size(), [&](std::size_t i) {
    const Int n = to_int(l[i].rows()), m = to_int(b[i].cols());
    const double one = 1;
    lapack::table().dtrsm("L", "L", "N", "N", &n, &m, &one, l[i].data(), &n, b[i].data(), &n);
  });
}

void CpuBackend::inverse_row_norms(std::span<Matrix> l, std::span<const std::vector<double>> weights,
                                   std::span<std::vector<double>> out) {
  for_lanes(l.size(), [&](std::size_t lane) {
    const Int n = to_int(l[lane].rows());
    Int info = 0;
    lapack::table().dtrtri("L", "N", &n, l[lane].data(), &n,
                           &info);  // info: a zero on the diagonal, which Cholesky excludes
    out[lane].assign(at(n), 0);
    for (std::int64_t j = 0; j < n; ++j) {
      const double* column = l[lane].data() + j * n;
      const double w = weights[lane][at(j)];
      for (std::int64_t k = j; k < n; ++k) out[lane][at(k)] += column[k] * column[k] * w;
    }
  });
}

}  // namespace eigenlens
